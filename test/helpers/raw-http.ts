/** HTTP by hand, over a socket: requests that no client would send, and answers as they came. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { connect } from 'node:net';
import { formatDigest } from '../../src/protocol/content-digest.js';
import { PROTOCOL_VERSION } from '../../src/protocol/http.js';
import type { ProblemDocument } from '../../src/protocol/problem.js';
import { type Signer, signRequest } from '../../src/protocol/signer.js';
import { keyIdOf } from '../../src/server/key-id.js';

/** A request before it is written out: to be changed in any way. */
export interface RawRequest {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** An answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: Uint8Array;
}

/** What a signed request is made of. */
export interface Wanted {
  readonly method?: string;
  readonly target: string;
  readonly json?: unknown;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** How far the client's clock is ahead. */
  readonly aheadMs?: number;
}

/** A key pair of its own. */
export function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = Uint8Array.from(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  return { keyId: keyIdOf(bytes), publicKey: bytes, sign: async (data) => sign(null, data, privateKey) };
}

/** A request as an honest client would make it. */
export async function signedRequest(url: string, signer: Signer, wanted: Wanted): Promise<RawRequest> {
  const { json, method = json === undefined ? 'GET' : 'POST', target, aheadMs = 0 } = wanted;
  const body = wanted.body ?? (json === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(json)));
  const headers: Record<string, string> = { 'tessera-protocol': PROTOCOL_VERSION, ...wanted.headers };
  if (body.length > 0) {
    headers['content-length'] ??= String(body.length);
    headers['content-type'] ??= 'application/json';
    const digest = headers['content-type'] === 'application/json' ? 'content-digest' : 'repr-digest';
    headers[digest] ??= formatDigest(createHash('sha256').update(body).digest());
  }
  const authority = new URL(url).host;
  const once = { created: Math.floor((Date.now() + aheadMs) / 1000), nonce: new Uint8Array(randomBytes(16)) };
  const signed = await signRequest({ method, target, authority, headers }, signer, once);
  return { method, target, headers: { host: authority, ...signed }, body };
}

/** A request as bytes. */
export function bytesOf({ method, target, headers, body }: RawRequest): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1'),
    body,
  ]);
}

/**
 * Sends on a connection of its own; the first answer, or null where the server closes without one.
 *
 * @param beforeEnd what happens before the last byte is sent, once the rest has arrived
 */
export async function sendRaw(
  url: string,
  request: RawRequest | Uint8Array | string,
  { beforeEnd }: { beforeEnd?: () => Promise<void> } = {},
): Promise<RawAnswer | null> {
  const isBytes = typeof request === 'string' || request instanceof Uint8Array;
  const bytes = isBytes ? Buffer.from(request as string) : bytesOf(request);
  const method = isBytes ? bytes.toString('latin1', 0, 4) : request.method;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, async () => {
      if (!beforeEnd) return socket.write(bytes);
      socket.write(bytes.subarray(0, -1));
      await new Promise((sent) => setTimeout(sent, 300));
      await beforeEnd();
      socket.write(bytes.subarray(-1));
    });
    let received = Buffer.alloc(0);
    const end = () => {
      const [answer] = parseAnswers(received, method.startsWith('HEAD')).answers;
      socket.destroy();
      resolve(answer ?? null);
    };
    socket.setTimeout(60_000, () => reject(new Error('the server must answer within a minute, got nothing')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (parseAnswers(received, method.startsWith('HEAD')).answers.length > 0) end();
    });
    // A server that refuses in the middle of a body may close while we still write.
    socket.on('error', () => {});
    socket.on('close', end);
  });
}

/** Whole answers at the beginning of what a server sent, and where the rest begins. */
export function parseAnswers(bytes: Buffer, isHead = false): { answers: RawAnswer[]; end: number } {
  const answers: RawAnswer[] = [];
  for (let at = 0; ; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return { answers, end: at };
    const [first = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status))
      throw new Error(`an answer must begin with HTTP/1.1, got ${JSON.stringify(first)}`);
    const headers = Object.fromEntries(lines.map((line) => splitField(line)));
    const start = headEnd + 4;
    const found =
      isHead || status < 200 || status === 204 || status === 304
        ? none(start)
        : bodyAt(bytes, start, headers);
    if (!found) return { answers, end: at };
    if (status >= 200)
      answers.push({ status, headers, body: found.body.toString('utf8'), bytes: found.body });
    at = found.end;
  }
}

/** The problem document of an answer; throws where it is none, or not a valid one. */
export function problemOf(answer: RawAnswer | null): ProblemDocument {
  if (!answer) throw new Error('the server must answer, got a closed connection');
  const document = JSON.parse(answer.body) as ProblemDocument;
  const fits =
    answer.headers['content-type'] === 'application/problem+json' &&
    document.status === answer.status &&
    answer.status >= 400 &&
    document.type.startsWith('urn:tessera:') &&
    document.title.length > 0 &&
    document.detail.length > 0;
  if (!fits) throw new Error(`an answer must be a problem document, got ${answer.status} ${answer.body}`);
  return document;
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function none(end: number) {
  return { body: Buffer.alloc(0), end };
}

function bodyAt(bytes: Buffer, start: number, headers: Record<string, string>) {
  if (headers['transfer-encoding'] !== 'chunked') {
    const end = start + Number(headers['content-length'] ?? 0);
    return end > bytes.length ? undefined : { body: bytes.subarray(start, end), end };
  }
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (next > bytes.length) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end: next };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
