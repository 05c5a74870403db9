/** Requests to a handler, without a port. */
import type { Handler } from '../../src/server/http.js';

/** What may be said of a request. */
export interface Asked {
  readonly token?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Ends when the asker goes away. */
  readonly signal?: AbortSignal;
}

/** An answer, read as far as it has come. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON. */
  json(): never;
}

/** Asks a handler and reads the answer; of a stream, up to its end or the end of `signal`. */
export async function ask(
  handler: Handler,
  method: string,
  target: string,
  { token, json, headers = {}, address = '127.0.0.1', signal }: Asked = {},
): Promise<Answered> {
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const closing: (() => void)[] = [];
  signal?.addEventListener('abort', () => {
    for (const listener of closing) listener();
  });
  const answer = await handler({
    ...{ method, target, authority: 'localhost', remoteAddress: address },
    headers: {
      ...(body ? { 'content-type': 'application/json', 'content-length': String(body.length) } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: ({ chunk, end }) => {
      queueMicrotask(() => {
        if (body) chunk(body);
        end();
      });
      return () => {};
    },
    onClose: (listener) => void closing.push(listener),
  });
  const text = await textOf(answer.body, signal);
  return {
    ...{ status: answer.status, headers: answer.headers, text },
    json: () => JSON.parse(text) as never,
  };
}

type Body = Awaited<ReturnType<Handler>>['body'];

function textOf(body: Body, signal: AbortSignal | undefined): Promise<string> {
  if (typeof body !== 'function') return body && Symbol.asyncIterator in body ? joined(body) : decoded(body);
  return new Promise((resolve) => {
    let text = '';
    const end = () => resolve(text);
    signal?.addEventListener('abort', end);
    body({
      write: (part) => {
        text += part;
      },
      end,
    });
  });
}

async function joined(parts: AsyncIterable<Uint8Array | string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += typeof part === 'string' ? part : Buffer.from(part).toString();
  return text;
}

async function decoded(body: Uint8Array | undefined): Promise<string> {
  return body ? new TextDecoder().decode(body) : '';
}
