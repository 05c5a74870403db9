/**
 * One tab at a time per storage: whoever holds the Web Lock of its name. The browser gives it back when the tab is closed or
 * crashes, so that no client is ever there twice, and none is locked out.
 */
import { ConfigError } from '../errors.js';

/** The part of the Web Locks API that is used. */
export interface Locks {
  request<T>(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    work: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

/**
 * Waits for the turn of `name`. Resolves with what gives it back; null where `signal` ended the waiting.
 *
 * @param onWait called once where another tab has it now
 * @throws {ConfigError} when the browser has no Web Locks.
 */
export async function takeTurn(
  locks: Locks | undefined,
  name: string,
  onWait: () => void,
  signal: AbortSignal,
): Promise<(() => void) | null> {
  if (!locks)
    throw new ConfigError('the browser must have Web Locks and the page come over https or localhost');
  const now = await hold(locks, name, { ifAvailable: true });
  if (now || signal.aborted) {
    if (signal.aborted) now?.();
    return signal.aborted ? null : now;
  }
  onWait();
  return hold(locks, name, { signal });
}

/** What gives the lock back; null where it is not to be had. */
function hold(
  locks: Locks,
  name: string,
  options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const held = (lock: unknown) => {
      if (lock === null) {
        resolve(null);
        return Promise.resolve();
      }
      return new Promise<void>((release) => resolve(release));
    };
    locks.request(name, options, held).catch((error: unknown) => {
      if (options.signal?.aborted) resolve(null);
      else reject(error);
    });
  });
}
