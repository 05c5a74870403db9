/** A transport on `fetch`, for browsers. */
import { TransportError } from '../errors.js';
import type { HeaderFields } from '../protocol/http.js';
import type { Transport } from './transport.js';

/** A way to the server at `url` (its origin). */
export function createFetchTransport(url: URL): Transport {
  const gone = new AbortController();
  return {
    authority: url.host,
    origin: url.origin,
    async request({ method, target, headers, body, signal }) {
      const stop = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
      // The browser sets these itself, and refuses to be told.
      const { host: _, 'content-length': __, ...own } = headers;
      const init: RequestInit = { method, headers: own, signal: stop, redirect: 'error' };
      if (body) init.body = body as Uint8Array<ArrayBuffer>;
      const response = await fetch(new URL(target, url), init).catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
      return { status: response.status, headers: fieldsOf(response), body: chunksOf(response, url) };
    },
    close: () => gone.abort(),
  };
}

function fieldsOf({ headers }: Response): HeaderFields {
  return Object.fromEntries(headers);
}

async function* chunksOf({ body }: Response, url: URL): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function unreachable(url: URL, cause: unknown): TransportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransportError(`${url.origin} could not be reached: ${reason}`, { cause });
}
