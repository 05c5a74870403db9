/** Node's HTTP server around a handler: the only place that touches sockets. */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse as NodeResponse,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { Refusal } from '../protocol/problem.js';
import {
  type BodyReader,
  type Handler,
  problemResponse,
  type ResponseSink,
  type ServerRequest,
  type ServerResponse,
} from './http.js';
import { createConnectionGuard, faultOf, LINGER_MS, writeRefusal } from './refuse-connection.js';

/** What a peer may take of the server before it is cut off. */
export interface ConnectionLimits {
  readonly maxHeaderBytes: number;
  /** For the header, and for a whole request. */
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often late ones are looked for. */
  readonly checkIntervalMs: number;
  readonly maxConnections: number;
  /** So long may a peer take nothing of an answer that waits for it. */
  readonly stallMs: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxHeaderBytes: 16 * 1024,
  headerTimeoutMs: 15_000,
  requestTimeoutMs: 30 * 60_000,
  checkIntervalMs: 5_000,
  maxConnections: 20_000,
  stallMs: 60_000,
};

/** How long an idle connection is kept for a client's next request. */
const KEEP_ALIVE_MS = 75_000;

/** So much of a stream of events may wait for a peer that does not read. */
const MAX_UNREAD_BYTES = 64 * 1024;

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
    connectionsCheckingInterval: limits.checkIntervalMs,
    // Asked for here, so that the answer is one of ours.
    requireHostHeader: false,
    noDelay: true,
  };
  const guard = createConnectionGuard();
  const listener = (request: IncomingMessage, response: NodeResponse) => {
    if (tls) response.setHeader('strict-transport-security', STRICT_TRANSPORT);
    const fault = faultOf(request);
    const answerWith = (answer: ServerResponse) => send(request, response, answer, limits.stallMs);
    if (fault) return answerWith(problemResponse(fault));
    guard.began(request, response);
    handler(toRequest(request, response))
      .then((answer) => guard.isRefused(request.socket) || answerWith(answer))
      .catch(() => response.destroy());
  };
  const server: Server = tls
    ? createTlsServer({ ...options, ...tls }, listener)
    : createServer(options, listener);
  server.maxConnections = limits.maxConnections;
  server.on('clientError', guard.refuse);
  server.on('checkExpectation', listener);
  server.on('connect', (_, socket: Socket) => {
    writeRefusal(socket, new Refusal('bad-request', 'this server is no proxy'));
  });
  return server;
}

function toRequest(request: IncomingMessage, response: NodeResponse): ServerRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    authority: (request.headers.host ?? '').toLowerCase(),
    headers: request.headers as Record<string, string>,
    body: (reader) => readBody(request, reader),
    remoteAddress: request.socket.remoteAddress ?? '',
    onClose: (listener) => void (response.closed ? listener() : response.once('close', listener)),
  };
}

function readBody(request: IncomingMessage, { chunk, end, broken }: BodyReader): () => void {
  let isOver = false;
  const stop = () => {
    isOver = true;
    request.off('data', chunk);
    // A body that is left in the middle does not take the connection with it: there is an answer to give.
    request.pause();
  };
  const onBroken = (cause: Error) => {
    if (isOver) return;
    stop();
    broken(cause);
  };
  const onClose = () => isOver || onBroken(new Error('the connection was closed'));
  // It may have gone while it waited to be read.
  if (request.destroyed && !request.readableEnded) process.nextTick(onClose);
  request.on('data', chunk).on('error', onBroken).on('close', onClose);
  request.on('end', () => {
    if (isOver) return;
    isOver = true;
    end();
  });
  return stop;
}

function send(
  request: IncomingMessage,
  response: NodeResponse,
  { status, headers, body }: ServerResponse,
  stallMs: number,
): void {
  if (response.destroyed) return;
  // What is left of the body nobody reads: keeping the connection would mean to read it all.
  const whole = request.complete || request.readableEnded;
  const length = body instanceof Uint8Array && !whole ? { 'content-length': String(body.length) } : {};
  response.writeHead(status, whole ? headers : { ...headers, ...length, connection: 'close' });
  if (typeof body === 'function') {
    response.flushHeaders();
    // Those who wait are many and wait long: of each, 2 KB of text that nobody reads any more.
    request.headers = {};
    request.rawHeaders = [];
    body(sinkOf(response));
    return;
  }
  if (body && Symbol.asyncIterator in body) {
    // Node ends the answer to HEAD by itself, and nobody asks for a part.
    if (request.method === 'HEAD') response.end();
    else pour(body, response, stallMs);
    return;
  }
  // Node sets the length of a body that comes with `end`; HEAD has one and no body.
  const bytes = request.method === 'HEAD' ? undefined : body;
  if (whole) response.end(bytes);
  else endLater(request, response, bytes);
}

/** One part at a time, and the next when there is room; a peer that takes none for a while is cut off. */
function pour(parts: AsyncIterable<Uint8Array | string>, response: NodeResponse, stallMs: number): void {
  response.flushHeaders();
  response.setTimeout(stallMs, () => response.destroy());
  // What fails in the middle of an answer can be told by its breaking off alone: it destroys the response.
  pipeline(Readable.from(parts, { highWaterMark: 1 }), response, () => {});
}

/** What comes too late or is not read by the peer takes neither the process nor its memory. */
function sinkOf(response: NodeResponse): ResponseSink {
  return {
    write(text) {
      if (response.writableEnded || response.destroyed) return;
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
      else response.write(text);
    },
    end: () => void response.end(),
  };
}

/** Reads on for a while: closing now would throw away the answer with the bytes that are still on their way. */
function endLater(request: IncomingMessage, response: NodeResponse, body: Uint8Array | undefined): void {
  if (body) response.write(body);
  else response.flushHeaders();
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS).unref();
  request.once('end', end);
  response.once('close', end);
  request.resume();
}
