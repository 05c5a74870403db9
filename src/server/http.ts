/** What the server's handlers take and give: HTTP as plain data, so that they can be tested without a port. */

import type { HeaderFields, RequestHead } from '../protocol/http.js';
import { PROBLEM_TYPE, problemDocument, type Refusal } from '../protocol/problem.js';

/** A request whose body may still be on its way. */
export interface ServerRequest extends RequestHead {
  /** To be read at most once. Ends with an error where the peer goes away in the middle. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The peer's address, for limits only: never logged. */
  readonly remoteAddress: string;
  /** Calls back once when the connection closes, before or after the answer; at once where it is closed. */
  onClose(listener: () => void): void;
}

/** Where a body that does not end soon is written to. */
export interface ResponseSink {
  write(text: string): void;
  end(): void;
}

export interface ServerResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  /**
   * Bytes; parts, each of which is asked for when the peer has taken those before it; or a function that gets a sink
   * once the header is on its way.
   */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array | string> | ((sink: ResponseSink) => void);
}

/** The server as a function. Never rejects. */
export type Handler = (request: ServerRequest) => Promise<ServerResponse>;

/** Nobody keeps what is not addressed by its content. */
const NOT_STORED: HeaderFields = { 'cache-control': 'no-store' };

/** An answer in JSON. */
export function jsonResponse(value: unknown, status = 200, headers: HeaderFields = {}): ServerResponse {
  return response(status, 'application/json', `${JSON.stringify(value)}\n`, headers);
}

/** An answer in text. */
export function textResponse(text: string, type: string, status = 200): ServerResponse {
  return response(status, type, text, {});
}

/** The problem document of a request that is refused. */
export function problemResponse(refusal: Refusal): ServerResponse {
  const body = `${JSON.stringify(problemDocument(refusal))}\n`;
  return response(refusal.status, PROBLEM_TYPE, body, refusal.headers);
}

function response(status: number, type: string, text: string, headers: HeaderFields): ServerResponse {
  return {
    status,
    headers: { ...NOT_STORED, ...headers, 'content-type': type },
    body: new TextEncoder().encode(text),
  };
}
