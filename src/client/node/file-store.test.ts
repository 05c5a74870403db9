/** State in files: what every store does, and what only files can get wrong. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateStoreTests } from '../../../test/helpers/state-store-tests.js';
import { StoreError } from '../../errors.js';
import { openFileStore } from './file-store.js';

const HALF_WRITTEN = '.01234567-89ab-cdef-0123-456789abcdef.tmp';

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tessera-state-'));
});
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = () => join(root, String(folders++), 'state');
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a store in files', () => {
  stateStoreTests((options) => openFileStore(newFolder(), options));

  it('is there again after a restart', async () => {
    const folder = newFolder();
    await (await openFileStore(folder)).set('layers', Uint8Array.of(1, 2));
    expect(await (await openFileStore(folder)).get('layers')).toEqual(Uint8Array.of(1, 2));
  });

  it.skipIf(process.platform === 'win32')(
    'is for its owner alone, also where it was not before',
    async () => {
      const folder = newFolder();
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o777);
      await (await openFileStore(folder)).set('layers', Uint8Array.of(1));
      expect(modeOf(folder)).toBe(0o700);
      expect(modeOf(join(folder, 'layers'))).toBe(0o600);
    },
  );

  it('removes what a killed process had half written, when it is opened and when it is cleared', async () => {
    const folder = newFolder();
    const store = await openFileStore(folder);
    await store.set('layers', Uint8Array.of(1));
    writeFileSync(join(folder, HALF_WRITTEN), 'half');
    await openFileStore(folder);
    expect(readdirSync(folder)).toEqual(['layers']);
    writeFileSync(join(folder, HALF_WRITTEN), 'half');
    await store.clear();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves alone what is not its own, should the folder be the wrong one', async () => {
    const folder = newFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'Thesis.doc'), 'ten years');
    writeFileSync(join(folder, '.profile'), 'mine');
    const store = await openFileStore(folder);
    await store.set('layers', Uint8Array.of(1));
    await store.clear();
    expect(readdirSync(folder).toSorted()).toEqual(['.profile', 'Thesis.doc']);
  });

  it('has nothing after it is cleared, not even what was on its way to the disk', async () => {
    const folder = newFolder();
    const store = await openFileStore(folder);
    const writes = ['a', 'b', 'c'].map((key) => store.set(key, new Uint8Array(100_000)));
    await Promise.all([...writes, store.clear()]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes nothing for a key that leads elsewhere', async () => {
    const folder = newFolder();
    const store = await openFileStore(folder);
    await expect(store.set('../x', Uint8Array.of(1))).rejects.toThrow('key must be');
    expect(readdirSync(join(folder, '..'))).toEqual(['state']);
  });

  it('says so where a file is in the way', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '..'), { recursive: true });
    writeFileSync(folder, '');
    await expect(openFileStore(folder)).rejects.toThrow(
      new StoreError(`folder ${folder} could not be made for its owner alone: a file is in the way`),
    );
  });
});
