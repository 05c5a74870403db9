/** The way out: the server forgets the identity, and what was kept here is deleted. */

import { PATHS } from '../protocol/paths.js';
import type { ProblemCode } from '../protocol/problem.js';
import { type Api, RefusedError } from './api.js';
import type { Platform } from './platform.js';

/** With these the server has no such client (any more), or keeps of it only that it is not welcome. */
const NOTHING_TO_FORGET: readonly (ProblemCode | null)[] = ['unknown-client', 'revoked'];

/**
 * Tells the server to forget the client; tried until it is told.
 *
 * @throws {RefusedError} when it does not want to, {TransportError} when `signal` ended the attempts.
 */
export async function askToForget(api: Api, signal?: AbortSignal): Promise<void> {
  try {
    const note = { kind: 'leaving' } as const;
    await api.call({ method: 'DELETE', target: PATHS.me, what: 'leaving', note, signal });
  } catch (error) {
    if (!(error instanceof RefusedError && NOTHING_TO_FORGET.includes(error.problem))) throw error;
  }
}

/** Deletes what the client keeps beside its audit log: its state, then its key. */
export async function deleteIdentity({ store, forgetKey }: Platform): Promise<void> {
  await store.clear();
  await forgetKey();
}
