/**
 * Files that only their owner can read, and that are whole or not there.
 *
 * Threat model: other users of the machine must not read what a client keeps, nor put anything in its place: folders
 * are 0700 and files 0600, also where they were wider before. Who runs as the same user, or as root, is not kept out.
 * Windows has no modes: there the rights of the folder above count.
 */
import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../store/atomic-file.js';
import { errorCode, storeFailure } from '../../store/store-failure.js';

const OWNER_ONLY_FOLDER = 0o700;
export const OWNER_ONLY_FILE = 0o600;

/** Names of half-written files: nothing else in a client's folders begins with a dot and ends like this. */
const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/;

/** Whether a name is that of a file whose writer was stopped in the middle. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Makes a folder and those above it, for the owner alone; one that is there is closed to others.
 *
 * @throws {StoreError} when it cannot be made, or belongs to somebody else.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
    await chmod(path, OWNER_ONLY_FOLDER);
  } catch (cause) {
    throw storeFailure(`folder ${path} could not be made for its owner alone`, cause);
  }
}

/**
 * Replaces a file in one step, or makes it, and waits until it is on the disk.
 *
 * @throws {StoreError} when it cannot be written; the old content, if any, stays.
 */
export async function replacePrivateFile(path: string, data: string | Uint8Array): Promise<void> {
  await writeThen(path, data, async (temporary) => {
    await rename(temporary, path);
    return true;
  });
}

/**
 * Makes a file that is not there yet; false, and nothing changed, where it is.
 *
 * @throws {StoreError} when it cannot be written.
 */
export function createPrivateFile(path: string, data: string | Uint8Array): Promise<boolean> {
  return writeThen(path, data, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (cause) {
      if (errorCode(cause) === 'EEXIST') return false;
      throw cause;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** The file has all its content before it gets its name. */
async function writeThen(
  path: string,
  data: string | Uint8Array,
  name: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY_FILE);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    const named = await name(temporary);
    await syncDirectory(dirname(path));
    return named;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storeFailure(`${path} could not be written`, cause);
  }
}
