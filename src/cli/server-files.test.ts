/** Tests of what commands find of a server on the same machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openControl } from './control-api.js';
import { readAddress, readToken, writeAddress, writeToken } from './server-files.js';

const URL_HERE = 'http://127.0.0.1:8642';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-server-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('what a server leaves for commands', () => {
  it('is there while it runs, for its owner only', async () => {
    expect([await readAddress(folder), await readToken(folder)]).toEqual([undefined, undefined]);
    const forget = await writeAddress(folder, URL_HERE);
    await writeToken(folder, 'tso_x');
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    expect([await readAddress(folder), await readToken(folder)]).toEqual([URL_HERE, 'tso_x']);
    await forget();
    expect(await readAddress(folder)).toBeUndefined();
  });

  it('is not believed once its process has ended, nor where it is damaged', async () => {
    const ended = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => ended.once('close', resolve));
    const path = join(folder, 'server-address.json');
    for (const text of [JSON.stringify({ url: URL_HERE, pid: ended.pid }), 'no JSON', '{}', 'null']) {
      await writeFile(path, text);
      expect(await readAddress(folder), text).toBeUndefined();
    }
  });

  it('hands the token to the server of the folder, by any name of this machine, and to no other', async () => {
    await writeAddress(folder, URL_HERE);
    await writeToken(folder, 'tso_x');
    const open = (server?: string) =>
      openControl({ out: folder, ...(server === undefined ? {} : { server }) });
    expect((await open()).url).toBe(URL_HERE);
    expect((await open('http://localhost:8642')).url).toBe('http://localhost:8642');
    for (const other of ['http://127.0.0.1:8643', 'https://127.0.0.1:8642', 'https://example.org:8642']) {
      await expect(open(other), other).rejects.toThrow('--token must be given');
    }
  });
});
