/** The protocol's requests as functions: signed, tried again where that helps, refusals turned into errors. */
import { FederatedError, ProtocolError, TransportError } from '../errors.js';
import { formatDigest } from '../protocol/content-digest.js';
import { type HeaderFields, PROTOCOL_VERSION, VERSION_FIELD } from '../protocol/http.js';
import { type ProblemCode, problemCodeOf } from '../protocol/problem.js';
import { signRequest } from '../protocol/signer.js';
import { type BackOff, backOffMs, defaultBackOff, retryAfterMs } from './back-off.js';
import { type SendingNote, sendNoted } from './noted-request.js';
import type { Platform, Subscribe } from './platform.js';
import { readAll, type TransportResponse } from './transport.js';

/** No answer in JSON is longer. */
const MAX_JSON_BYTES = 1024 * 1024;

/** A clock that is off by less is not worth a word. */
const NOTICEABLE_SKEW_MS = 2_000;

/** The server refused a request: `problem` says why, for programs. */
export class RefusedError extends FederatedError {
  readonly problem: ProblemCode | null;
  readonly status: number;
  readonly document: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | null;

  constructor(status: number, document: Readonly<Record<string, unknown>>, retryAfterMs: number | null) {
    const detail = typeof document.detail === 'string' ? document.detail : `status ${status}`;
    super('refused', `the server refuses: ${detail}`);
    this.problem = problemCodeOf(document);
    this.status = status;
    this.document = document;
    this.retryAfterMs = retryAfterMs;
  }
}

/** One request. */
interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly target: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; `headers` then has its digest and type. */
  readonly body?: Uint8Array;
  /** The SHA-256 of `body`, where it is known. */
  readonly sha256?: Uint8Array;
  readonly headers?: HeaderFields;
  /** Content that is named by its hash is asked for without a signature. */
  readonly unsigned?: boolean;
  /** The answer stays open until there is something to say. */
  readonly held?: boolean;
  /** How events call it: "the check-in". */
  readonly what?: string;
  /** What the audit log says of it; absent: it tells the server nothing of the client's. */
  readonly note?: SendingNote;
  readonly signal?: AbortSignal | undefined;
}

/** What an API tells about itself. */
export interface ApiHooks {
  /** `attempt` counts from 1 for each thing that is tried. */
  onRetry?(retry: RetryNotice): void;
  /** The clocks differ; from now on requests are dated by the server's. */
  onClock?(offsetMs: number): void;
}

/** Something did not work, and is tried again. */
interface RetryNotice {
  readonly what: string;
  readonly reason: string;
  readonly attempt: number;
  readonly delayMs: number;
}

export interface Api {
  /** Sends once. @throws {RefusedError} or {TransportError} */
  send(request: ApiRequest): Promise<TransportResponse>;
  /** Sends until there is an answer that will not change: JSON. */
  call<T>(request: ApiRequest): Promise<T>;
  /** Does something until it works or cannot: see `isPassing`. */
  retry<T>(what: string, attempt: () => Promise<T>, signal?: AbortSignal | undefined): Promise<T>;
}

/** The API of one client on one server. */
export function createApi(platform: Platform, hooks: ApiHooks = {}, backOff: BackOff = defaultBackOff): Api {
  const { transport, signer, now, randomBytes, random, sha256, audit, networkBack } = platform;
  let offsetMs = 0;
  let toldMs = 0;

  const headOf = async ({ method, target, json, body, headers, unsigned }: ApiRequest) => {
    const bytes = json === undefined ? body : new TextEncoder().encode(JSON.stringify(json));
    const fields: Record<string, string> = { [VERSION_FIELD]: PROTOCOL_VERSION, ...headers };
    if (bytes) fields['content-length'] = String(bytes.length);
    if (json !== undefined && bytes) {
      fields['content-type'] = 'application/json';
      fields['content-digest'] = formatDigest(await sha256(bytes));
    }
    const head = { method, target, authority: transport.authority, headers: fields };
    if (unsigned) return { headers: fields, bytes };
    const created = Math.floor((now() + offsetMs) / 1000);
    return { headers: await signRequest(head, signer, { created, nonce: randomBytes(16) }), bytes };
  };

  const send = async (request: ApiRequest, corrected = false): Promise<TransportResponse> => {
    const { headers, bytes } = await headOf(request);
    const { method, target, signal, held, note } = request;
    const sent = {
      ...{ method, target, headers },
      ...(bytes ? { body: bytes } : {}),
      ...(signal ? { signal } : {}),
      ...(held ? { held } : {}),
    };
    const response =
      audit && note
        ? await sendNoted({ transport, audit, sha256 }, sent, note, request.sha256)
        : await transport.request(sent);
    if (response.status < 400) return response;
    const refused = await readRefusal(response);
    const { serverTime } = refused.document;
    if (refused.problem !== 'clock-skew' || corrected || typeof serverTime !== 'number') throw refused;
    offsetMs = serverTime - now();
    // Requests that were under way together are all refused: that is one difference, and one word of it.
    if (Math.abs(offsetMs - toldMs) > NOTICEABLE_SKEW_MS) {
      toldMs = offsetMs;
      hooks.onClock?.(offsetMs);
    }
    return send(request, true);
  };

  const retry = async <T>(what: string, act: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await act();
      } catch (error) {
        if (signal?.aborted || !isPassing(error)) throw error;
        const told = error instanceof RefusedError ? error.retryAfterMs : null;
        const delayMs = told ?? backOffMs(backOff, attempt, random());
        hooks.onRetry?.({ what, reason: (error as Error).message, attempt, delayMs });
        // What the server has asked for is kept to.
        await sleep(delayMs, signal, told === null ? networkBack : undefined);
      }
    }
  };

  return {
    send,
    retry,
    call: <T>(request: ApiRequest) =>
      retry(
        request.what ?? 'the request',
        async () => {
          const response = await send(request);
          return parseJson(await readAll(response.body, MAX_JSON_BYTES)) as T;
        },
        request.signal,
      ),
  };
}

/** Whether trying again may help: the network, a busy server, a server that is being restarted. */
function isPassing(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  if (!(error instanceof RefusedError)) return false;
  // A digest is wrong when something on the way changed the bytes; a nonce has been seen when
  // an answer was lost; an offset when more or less has come than was said; a server that was just started does not take what it may have seen before.
  const again: readonly (ProblemCode | null)[] = [
    'wrong-digest',
    'replayed',
    'timeout',
    'too-many-requests',
    'clock-skew',
    'wrong-offset',
  ];
  return error.status >= 500 || again.includes(error.problem);
}

/** Waits; ends early, without an error, when the signal says so, or `wakeUp` calls. */
export function sleep(ms: number, signal?: AbortSignal, wakeUp?: Subscribe): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    let forget: (() => void) | undefined;
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      forget?.();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
    forget = wakeUp?.(done);
  });
}

async function readRefusal(response: TransportResponse): Promise<RefusedError> {
  let document: Readonly<Record<string, unknown>> = {};
  // Where it breaks off nothing is known of the reason: that is for another attempt.
  const bytes = await readAll(response.body, MAX_JSON_BYTES);
  try {
    const value = parseJson(bytes);
    if (typeof value === 'object' && value !== null) document = value as Record<string, unknown>;
  } catch {
    // The status alone says enough.
  }
  return new RefusedError(response.status, document, retryAfterMs(response.headers));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ProtocolError('the server must answer in JSON, got something else', { cause });
  }
}
