/**
 * Answers what Node's parser refuses, and what it lets through but should not: bytes that never become a request.
 *
 * Threats: an answer that is written into the middle of another one, so that a proxy takes one client's answer for
 * another's; a request that names two hosts, of which proxy and server each believe another; fields without number.
 */
import type { IncomingMessage, ServerResponse as NodeResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, Refusal } from '../protocol/problem.js';
import { SECURITY_FIELDS } from './edge.js';
import { problemResponse } from './http.js';

/** No request of ours has a tenth of it. Node keeps 2,000 and leaves out the rest without a word. */
const MAX_FIELDS = 100;

/** So long a refused peer may take to read the answer; then the connection ends, whatever else it sends. */
export const LINGER_MS = 2_000;

/** What is wrong with a request that the parser has let through; undefined: nothing. */
export function faultOf({ rawHeaders, httpVersion }: IncomingMessage): Refusal | undefined {
  const count = rawHeaders.length / 2;
  if (count > MAX_FIELDS) {
    return new Refusal(
      'fields-too-large',
      `the header must have at most ${MAX_FIELDS} fields, got ${count} or more`,
    );
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return new Refusal('bad-request', `the request must be HTTP/1.1, got ${httpVersion}`);
  }
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return undefined;
  return new Refusal('bad-request', `the request must name one host, got ${hosts}`);
}

/** Keeps answers of one connection apart. */
interface ConnectionGuard {
  /** A request has come, whose answer is to come. */
  began(request: IncomingMessage, response: NodeResponse): void;
  /** Listens to `clientError`. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void;
  /** Whether nothing else may be written to it. */
  isRefused(socket: Socket): boolean;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: NodeResponse;
}

export function createConnectionGuard(): ConnectionGuard {
  const open = new WeakMap<Socket, Set<Exchange>>();
  const waiting = new WeakMap<Socket, Refusal>();
  const refused = new WeakSet<Socket>();

  const refuseNow = (socket: Socket, refusal: Refusal) => {
    refused.add(socket);
    writeRefusal(socket, refusal);
  };
  return {
    isRefused: (socket) => refused.has(socket),
    began(request, response) {
      const { socket } = request;
      const exchanges = open.get(socket) ?? new Set<Exchange>();
      const exchange = { request, response };
      open.set(socket, exchanges.add(exchange));
      response.once('close', () => {
        exchanges.delete(exchange);
        const refusal = waiting.get(socket);
        if (refusal && exchanges.size === 0 && socket.writable) refuseNow(socket, refusal);
      });
    },
    refuse(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      if (refused.has(socket) || waiting.has(socket)) return;
      const exchanges = [...(open.get(socket) ?? [])];
      const broken = exchanges.find(({ request }) => !request.complete);
      // Answers are given in order: what came whole is answered first.
      if (exchanges.length > 0 && !broken) return void waiting.set(socket, refusalOf(error.code));
      if (exchanges.length > 1 || broken?.response.headersSent) return void socket.destroy();
      refuseNow(socket, refusalOf(error.code));
    },
  };
}

/** Answers on a connection that has no request, and ends it. */
export function writeRefusal(socket: Socket, refusal: Refusal): void {
  const { status, headers, body } = problemResponse(refusal);
  const fields = Object.entries({
    ...SECURITY_FIELDS,
    ...headers,
    connection: 'close',
    'content-length': String((body as Uint8Array).length),
  });
  socket.write(
    `HTTP/1.1 ${status} ${refusal.problem}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  socket.end(body as Uint8Array);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function refusalOf(code: string | undefined): Refusal {
  const found: readonly [ProblemCode, string] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['fields-too-large', 'the header must be smaller']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['timeout', 'the request must arrive in time']
        : ['bad-request', 'the request must be HTTP/1.1, got something else'];
  return new Refusal(...found);
}
