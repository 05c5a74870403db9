import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder, candidateFolders, findFiles } from './places.js';

describe('candidateFolders', () => {
  it('tries the folder given, then the environment, then the cache, each with the name as a folder', () => {
    const environment = { TESSERA_DATA: '/e', XDG_CACHE_HOME: '/c' };
    expect(candidateFolders('mnist', { dataDir: '/d', environment })).toEqual([
      '/d',
      join('/d', 'mnist'),
      '/e',
      join('/e', 'mnist'),
      join('/c', 'tessera', 'mnist'),
    ]);
  });

  it('tries the cache only where nothing else is given', () => {
    expect(candidateFolders('mnist', { cacheDir: '/c', environment: { TESSERA_DATA: '' } })).toEqual([
      join('/c', 'mnist'),
    ]);
  });
});

describe('cacheFolder', () => {
  it('is in the home directory by default', () => {
    expect(cacheFolder('mnist', { environment: {} })).toMatch(/\.cache.tessera.mnist$/);
  });
});

describe('findFiles', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-'));
    await writeFile(join(folder, 'a.gz'), '');
    await writeFile(join(folder, 'b'), '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes the first name that is there for each file', async () => {
    expect(
      await findFiles(folder, [
        ['a', 'a.gz'],
        ['b', 'b.gz'],
      ]),
    ).toEqual([join(folder, 'a.gz'), join(folder, 'b')]);
  });

  it('finds nothing where one file is missing', async () => {
    expect(await findFiles(folder, [['a.gz'], ['c']])).toBeUndefined();
  });
});
