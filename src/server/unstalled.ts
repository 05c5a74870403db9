/** Reads a body up to where it stalls. */

import { Refusal } from '../protocol/problem.js';
import type { ServerRequest } from './http.js';

/**
 * Hands over the chunks of a body until its end.
 *
 * @param stallMs how long the next one may take
 * @param take gets each chunk; what it throws ends the reading
 * @param signal ends it with the reason that the signal has; nothing is taken after that
 * @throws {Refusal} 'timeout' where no chunk comes for so long, or the peer goes away.
 */
export function readUnstalled(
  body: ServerRequest['body'],
  stallMs: number,
  take: (chunk: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const leave = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      leave();
      stop();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason);
    const timer = setTimeout(() => fail(new Refusal('timeout', `no byte came for ${stallMs} ms`)), stallMs);
    signal?.addEventListener('abort', onAbort);
    const stop = body({
      chunk(bytes) {
        timer.refresh();
        try {
          take(bytes);
        } catch (error) {
          fail(error);
        }
      },
      end() {
        leave();
        resolve();
      },
      broken(cause) {
        fail(new Refusal('timeout', 'the body broke off', { cause }));
      },
    });
  });
}
