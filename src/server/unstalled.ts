/** Reads a body up to where it stalls. */
import { Refusal } from '../protocol/problem.js';
import { noteRead } from './young-garbage.js';

/**
 * The chunks of a body, none of which is kept.
 *
 * @param stallMs how long the next one may take
 * @param signal ends it with the reason that the signal has
 * @throws {Refusal} 'timeout' where no chunk comes for so long, or the peer goes away.
 */
export async function* unstalled(
  body: AsyncIterable<Uint8Array>,
  stallMs: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => {};
  const onAbort = () => stop(signal?.reason);
  const timer = setTimeout(() => stop(new Refusal('timeout', `no byte came for ${stallMs} ms`)), stallMs);
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      // No race with one promise for the whole body: it would keep every chunk to the end.
      const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, (cause: unknown) => {
          reject(new Refusal('timeout', 'the body broke off', { cause }));
        });
      });
      // Also where a chunk came first: what it would be written to may be another request's by now.
      signal?.throwIfAborted();
      if (done) return;
      timer.refresh();
      yield value;
      noteRead(value.length);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Not awaited: it would wait for the chunk that does not come.
    void iterator.return?.().catch(() => {});
  }
}
