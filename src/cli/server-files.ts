/**
 * What a server leaves in its folder for commands on the same machine: its address while it runs, and the first
 * operator's token.
 *
 * Threat: the token goes only where the server of the folder is. An address that a killed server has left behind may
 * be somebody else's by now, so it counts only while its process lives.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replacePrivateFile } from '../client/node/private-file.js';
import { StoreError } from '../errors.js';
import { errorCode } from '../store/store-failure.js';

const addressPath = (folder: string) => join(folder, 'server-address.json');

/** Where the token lies, for its owner only. */
export const tokenPath = (folder: string): string => join(folder, 'operator-token');

/** Says where the server of a folder is; returns what takes that back. */
export async function writeAddress(folder: string, url: string): Promise<() => Promise<void>> {
  const path = addressPath(folder);
  await replacePrivateFile(path, `${JSON.stringify({ url, pid: process.pid })}\n`);
  return () => rm(path, { force: true });
}

/** Keeps an operator's token in a folder. */
export function writeToken(folder: string, token: string): Promise<void> {
  return replacePrivateFile(tokenPath(folder), `${token}\n`);
}

/** The address of the server that runs on a folder; undefined where none does. */
export async function readAddress(folder: string): Promise<string | undefined> {
  const text = await readOptional(addressPath(folder));
  if (text === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(text);
    process.kill(pid, 0);
    return typeof url === 'string' ? url : undefined;
  } catch (cause) {
    return errorCode(cause) === 'EPERM' ? JSON.parse(text).url : undefined;
  }
}

/** The token that lies in a folder; undefined where there is none. */
export async function readToken(folder: string): Promise<string | undefined> {
  return (await readOptional(tokenPath(folder)))?.trim();
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new StoreError(`${path} could not be read`, { cause });
  }
}
