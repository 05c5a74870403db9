/** Asks an identity provider for a JSON document: bounded in time and size, never redirected, and not again at once after a failure. */
import { TransportError } from '../errors.js';

const TIMEOUT_MS = 5000;
const MOST_BYTES = 262_144;
const RETRY_MS = 10_000;

/**
 * A function that fetches one JSON document; `now` in milliseconds.
 *
 * @returns it throws a TransportError when the document cannot be had, also when a moment ago it could not
 */
export function createProviderFetch(now: () => number): (address: string) => Promise<unknown> {
  const failures = new Map<string, { readonly at: number; readonly error: TransportError }>();
  return async (address) => {
    const failure = failures.get(address);
    if (failure && now() < failure.at + RETRY_MS) throw failure.error;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(address, {
        signal,
        redirect: 'error',
        headers: { accept: 'application/json' },
      });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const document: unknown = JSON.parse(await boundedText(response));
      failures.delete(address);
      return document;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const error = new TransportError(`${address} could not be read: ${why}`, { cause });
      failures.set(address, { at: now(), error });
      throw error;
    }
  };
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
