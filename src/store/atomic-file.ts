/** Files that are whole or not there: a process killed at any moment leaves the old content or the new. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, storeFailure } from './store-failure.js';

/**
 * Replaces the file in one step and waits until it is on the disk. Until then the bytes are in `<path>.tmp`;
 * calls for one path must not overlap.
 *
 * @throws {StoreError} when it cannot be written; the old content, if any, stays.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await writeSynced(temporary, data, 'w');
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storeFailure(`${path} could not be written`, cause);
  }
}

/** Writes a file and waits until its content is on the disk; `flags` as for `open`. */
export async function writeSynced(path: string, data: string | Uint8Array, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until names made or changed in a directory are on the disk, where the platform can. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows lets nobody open a directory; other directories may be written but not read.
  const directory = await open(path, 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } catch (cause) {
    // Some network drives know no fsync.
    if (errorCode(cause) !== 'EINVAL') throw cause;
  } finally {
    await directory?.close();
  }
}

/**
 * Makes a directory and those above it; returns whether it was not there before. Unlike mkdir's own recursion,
 * which says "does not exist" of a read-only disk, it reports what really stopped it.
 */
export async function makeDirectory(path: string): Promise<boolean> {
  try {
    return await makeOne(path);
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT' || dirname(path) === path) throw cause;
    await makeDirectory(dirname(path));
    return makeOne(path);
  }
}

async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}
