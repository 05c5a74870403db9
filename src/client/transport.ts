/** How a client reaches a server: one request at a time, answers whose bodies stream. */
import { TransportError } from '../errors.js';
import type { HeaderFields } from '../protocol/http.js';

export interface TransportRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly body?: Uint8Array;
  /** The answer stays open for long: it must not take the place of others. */
  readonly held?: boolean;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  /** To be read to its end, or left by ending the iteration. Fails with a TransportError where the peer goes away. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A way to one server. */
export interface Transport {
  /** Host and, where it is not the default, port: what signatures cover. */
  readonly authority: string;
  /** `https://example.org`: how the bytes travel, and to whom. */
  readonly origin: string;
  /** @throws {TransportError} when there is no answer. */
  request(request: TransportRequest): Promise<TransportResponse>;
  close(): void;
}

/** The whole body. @throws {TransportError} when it is longer than `maxBytes`, or breaks off. */
export async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new TransportError(`an answer must have at most ${maxBytes} bytes, got more`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
