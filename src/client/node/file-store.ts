/**
 * A client's state in a folder, one file a key.
 *
 * Threat model: as in `private-file.ts`; beyond it, a key may come from elsewhere (a run's name) and must not lead out of
 * the folder, and after an opt-out nothing may be left, not even what a killed process had half written.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../store/atomic-file.js';
import { errorCode, storeFailure } from '../../store/store-failure.js';
import {
  checkKey,
  checkRoom,
  DEFAULT_MAX_BYTES,
  isKey,
  type StateStore,
  type StateStoreOptions,
} from '../state-store.js';
import { isTemporary, makePrivateFolder, replacePrivateFile } from './private-file.js';

/**
 * Opens or makes a store; half-written files that an earlier process left are removed. One process may use a folder at
 * a time.
 *
 * @throws {StoreError} when the folder cannot be made or read.
 */
export async function openFileStore(
  folder: string,
  { maxBytes = DEFAULT_MAX_BYTES }: StateStoreOptions = {},
): Promise<StateStore> {
  await makePrivateFolder(folder);
  await removeFiles(folder, isTemporary);
  let last: Promise<unknown> = Promise.resolve();
  // In turn: a value that is on its way to the disk must not appear after everything was cleared.
  const afterOthers = <T>(act: () => Promise<T>): Promise<T> => {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  };
  return {
    async get(key) {
      checkKey(key);
      return afterOthers(() => readIfThere(join(folder, key)));
    },
    async set(key, bytes) {
      checkKey(key);
      const copy = Uint8Array.from(bytes);
      await afterOthers(async () => {
        checkRoom((await bytesOfOthers(folder, key)) + copy.length, maxBytes);
        await replacePrivateFile(join(folder, key), copy);
      });
    },
    async delete(key) {
      checkKey(key);
      await afterOthers(() => removeFiles(folder, (name) => name === key));
    },
    async clear() {
      await afterOthers(() => removeFiles(folder, (name) => isKey(name) || isTemporary(name)));
    },
  };
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw storeFailure(`${path} could not be read`, cause);
  }
}

async function bytesOfOthers(folder: string, key: string): Promise<number> {
  try {
    const names = (await readdir(folder)).filter((name) => isKey(name) && name !== key);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (cause) {
    throw storeFailure(`${folder} could not be read`, cause);
  }
}

/** Of what `chooses` names, and of nothing else that lies there; waits until it is gone from the disk. */
async function removeFiles(folder: string, chooses: (name: string) => boolean): Promise<void> {
  try {
    const names = (await readdir(folder)).filter(chooses);
    for (const name of names) await rm(join(folder, name), { force: true });
    if (names.length > 0) await syncDirectory(folder);
  } catch (cause) {
    throw storeFailure(`${folder} could not be cleared`, cause);
  }
}
