/** A transport on `fetch`, for browsers. */
import { TransportError } from '../errors.js';
import type { HeaderFields } from '../protocol/http.js';
import type { Transport } from './transport.js';

export interface FetchTransportOptions {
  /** Without a byte for so long a connection counts as lost; default 120,000. */
  readonly idleTimeoutMs?: number;
}

/** A browser does not tell how much of a body is gone: slower ones than this, in bytes a second, count as lost. */
const SLOWEST_UPLOAD = 32 * 1024;

/**
 * A way to the server at `url` (its origin). A device that slept, or changed its network, leaves connections that nobody ends:
 * those that say nothing for too long are.
 */
export function createFetchTransport(url: URL, options: FetchTransportOptions = {}): Transport {
  const { idleTimeoutMs = 120_000 } = options;
  const gone = new AbortController();
  return {
    authority: url.host,
    origin: url.origin,
    async request({ method, target, headers, body, signal }) {
      const idle = watchIdle(idleTimeoutMs, [gone.signal, ...(signal ? [signal] : [])]);
      // The browser sets these itself, and refuses to be told.
      const { host: _, 'content-length': __, ...own } = headers;
      const init: RequestInit = { method, headers: own, signal: idle.signal, redirect: 'error' };
      if (body) init.body = body as Uint8Array<ArrayBuffer>;
      idle.expect(idleTimeoutMs + ((body?.length ?? 0) / SLOWEST_UPLOAD) * 1000);
      const response = await fetch(new URL(target, url), init).catch((cause: unknown) => {
        idle.end();
        throw unreachable(url, cause);
      });
      idle.end();
      return { status: response.status, headers: fieldsOf(response), body: chunksOf(response, url, idle) };
    },
    close: () => gone.abort(),
  };
}

/** Ends a request that is too long without a byte. */
interface IdleWatch {
  readonly signal: AbortSignal;
  /** The next byte has to come within so many milliseconds. */
  expect(ms?: number): void;
  end(): void;
}

function watchIdle(idleTimeoutMs: number, signals: readonly AbortSignal[]): IdleWatch {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    signal: AbortSignal.any([late.signal, ...signals]),
    expect(ms = idleTimeoutMs) {
      clearTimeout(timer);
      timer = setTimeout(() => late.abort(new Error(`no byte for ${Math.round(ms)} ms`)), ms);
    },
    end: () => clearTimeout(timer),
  };
}

function fieldsOf({ headers }: Response): HeaderFields {
  return Object.fromEntries(headers);
}

async function* chunksOf({ body }: Response, url: URL, idle: IdleWatch): AsyncGenerator<Uint8Array> {
  try {
    if (!body) return;
    const reader = body.getReader();
    try {
      for (;;) {
        idle.expect();
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw unreachable(url, cause);
        });
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  } finally {
    idle.end();
  }
}

function unreachable(url: URL, cause: unknown): TransportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransportError(`${url.origin} could not be reached: ${reason}`, { cause });
}
