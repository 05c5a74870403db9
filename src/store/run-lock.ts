/**
 * One writer a run directory, held by a file `lock` that names the process.
 *
 * The lock of a process that has died is taken over. So that two takers cannot both win, only who holds the
 * file `lock.<id of the dead lock>`, claimed by the same rule, may replace it: a latecomer who still believes
 * in an older lock finds, once it holds that file, that `lock` has another id by now.
 */
import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../errors.js';
import { writeSynced } from './atomic-file.js';
import { errorCode, storeFailure } from './store-failure.js';

/** Who holds a lock: `started` tells the process from a later one with the same pid, where it can be known. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  readonly started?: string;
}

/** A lock that is held until it is released or the process dies. */
export interface RunLock {
  release(): Promise<void>;
}

/**
 * Locks a run directory for this process.
 *
 * @throws {StoreError} when a living process holds the lock, or the directory cannot be written.
 */
export async function lockRun(directory: string): Promise<RunLock> {
  const path = join(directory, 'lock');
  const id = randomUUID();
  const started = await startOf(process.pid);
  const holder: Holder = {
    id,
    pid: process.pid,
    host: hostname(),
    ...(started !== undefined && { started }),
  };
  const temporary = `${path}.${id}.tmp`;
  try {
    // Complete before it gets its name: a lock is never seen half-written.
    await writeSynced(temporary, `${JSON.stringify(holder)}\n`, 'wx');
    await claim(path, temporary, directory);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw storeFailure(`run directory ${directory} could not be locked`, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
  return { release: () => release(path, id) };
}

async function claim(path: string, temporary: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await linkNew(temporary, path)) return;
    const holder = await readHolder(path);
    if (!holder) continue;
    if (await isAlive(holder)) {
      const where =
        holder.host === hostname() ? '' : ` on ${holder.host} (if that has ended, remove ${path})`;
      throw new StoreError(`run directory ${directory} is in use by process ${holder.pid}${where}`);
    }
    const permit = `${path}.${holder.id}`;
    await claim(permit, temporary, directory);
    if ((await readHolder(path))?.id === holder.id) return rename(permit, path);
    await rm(permit, { force: true });
  }
  // Reached by what cannot be created nor read, such as a symbolic link to nowhere.
  throw damaged(path);
}

/** Gives the file a second name, unless that exists. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch((cause: unknown) => {
      if (errorCode(cause) === 'EEXIST') throw cause;
      // File systems without hard links.
      return copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

async function release(path: string, id: string): Promise<void> {
  try {
    if ((await readHolder(path))?.id === id) await rm(path, { force: true });
  } catch (cause) {
    throw cause instanceof StoreError ? cause : storeFailure(`${path} could not be removed`, cause);
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    const holder = JSON.parse(text);
    // The id becomes part of a file name.
    if (
      /^[0-9a-f-]{36}$/.test(holder.id) &&
      Number.isInteger(holder.pid) &&
      typeof holder.host === 'string'
    ) {
      return holder;
    }
  } catch {
    // Said below.
  }
  throw damaged(path);
}

function damaged(path: string): StoreError {
  return new StoreError(`${path} is damaged: remove it if no process uses the run directory`);
}

async function isAlive({ pid, host, started }: Holder): Promise<boolean> {
  // Nobody can see from here whether a process on another host lives.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    return errorCode(cause) !== 'ESRCH';
  }
  const current = await startOf(pid);
  return started === undefined || current === undefined || current === started;
}

/** When a process started, as text that no other process of this host shares; undefined where unknown. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    // See proc(5): after the name in brackets, which may hold anything, come the state and 18 fields more.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : `${boot.trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
