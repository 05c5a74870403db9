/** Node's HTTP server around a handler: the only place that touches sockets. */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse as NodeResponse,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type ProblemCode, Refusal } from '../protocol/problem.js';
import { SECURITY_FIELDS } from './edge.js';
import { type Handler, problemResponse, type ServerRequest, type ServerResponse } from './http.js';

/** What a peer may take of the server before it is cut off. */
export interface ConnectionLimits {
  readonly maxHeaderBytes: number;
  /** For the header, and for a whole request. */
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxHeaderBytes: 16 * 1024,
  headerTimeoutMs: 15_000,
  requestTimeoutMs: 30 * 60_000,
  maxConnections: 20_000,
};

/** How long an idle connection is kept for a client's next request. */
const KEEP_ALIVE_MS = 75_000;

/** A year, in which browsers come over TLS only. */
const STRICT_TRANSPORT = 'max-age=31536000';

/** PEM text. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A server that answers with `handler`; the caller lets it listen and closes it. */
export function createNodeServer(
  handler: Handler,
  tls: TlsFiles | undefined,
  limits: ConnectionLimits = defaultConnectionLimits,
): Server {
  const options = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headerTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  };
  const listener = (request: IncomingMessage, response: NodeResponse) => {
    if (tls) response.setHeader('strict-transport-security', STRICT_TRANSPORT);
    void handler(toRequest(request, response)).then((answer) => send(request, response, answer));
  };
  const server: Server = tls
    ? createTlsServer({ ...options, ...tls }, listener)
    : createServer(options, listener);
  server.maxConnections = limits.maxConnections;
  server.on('clientError', refuseConnection);
  return server;
}

function toRequest(request: IncomingMessage, response: NodeResponse): ServerRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    authority: (request.headers.host ?? '').toLowerCase(),
    headers: request.headers as Record<string, string>,
    // A body that is left in the middle does not take the connection with it: there is an answer to give.
    body: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
    remoteAddress: request.socket.remoteAddress ?? '',
    onClose: (listener) => void response.once('close', listener),
  };
}

function send(
  request: IncomingMessage,
  response: NodeResponse,
  { status, headers, body }: ServerResponse,
): void {
  if (response.destroyed) return;
  // What is left of the body nobody reads: keeping the connection would mean to read it all.
  const whole = request.complete || request.readableEnded;
  response.writeHead(status, whole ? headers : { ...headers, connection: 'close' });
  if (typeof body === 'function') {
    response.flushHeaders();
    body({ write: (text) => void response.write(text), end: () => void response.end() });
    return;
  }
  // Node sets the length of a body that comes with `end`; HEAD has one and no body.
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  if (!whole) request.resume();
}

/** What Node's parser refuses never becomes a request. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refusal = refusalOf(error.code);
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
