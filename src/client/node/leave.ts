/** Leaves a federation without joining it again: for a client of an earlier process. */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { createApi } from '../api.js';
import type { ClientEvent } from '../client-events.js';
import { askToForget, deleteIdentity } from '../leave.js';
import { clientPaths, DEFAULT_CLIENT_FOLDER } from './client-folder.js';
import { createNodePlatform, type NodeJoinOptions } from './join.js';

/** How to reach the server, and who hears of it. */
export type LeaveOptions = Pick<NodeJoinOptions, 'folder' | 'ca' | 'allowPlain' | 'signal' | 'onEvent'>;

/**
 * Tells the server to forget the client whose key lies in `folder`, and deletes key and state; of several clients in
 * its subfolders, each. The audit log stays.
 *
 * @throws {ConfigError} when there is no key, {RefusedError} when the server does not want to forget.
 */
export async function leave(url: string, options: LeaveOptions = {}): Promise<void> {
  const { folder = DEFAULT_CLIENT_FOLDER } = options;
  const folders = await foldersWithKey(folder);
  if (folders.length === 0) throw new ConfigError(`folder must hold the key of a client, got ${folder}`);
  for (const each of folders) await leaveWith(url, { ...options, folder: each });
}

async function leaveWith(url: string, options: LeaveOptions): Promise<void> {
  const { signal, onEvent } = options;
  const platform = await createNodePlatform(url, { ...options, audit: true });
  const emit = (event: ClientEvent) => void onEvent?.(event);
  const api = createApi(platform, {
    onRetry: (retry) => emit({ type: 'retrying', ...retry }),
    onClock: (aheadMs) => emit({ type: 'clock-corrected', aheadMs }),
  });
  try {
    await askToForget(api, signal);
    await deleteIdentity(platform);
    emit({ type: 'left', forgotten: true });
  } finally {
    platform.transport.close();
    await platform.audit?.close();
  }
}

async function foldersWithKey(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const candidates = [folder, ...names.map((name) => join(folder, name))];
  const there = await Promise.all(
    candidates.map((each) =>
      access(clientPaths(each).key).then(
        () => true,
        () => false,
      ),
    ),
  );
  return candidates.filter((_, place) => there[place]);
}
