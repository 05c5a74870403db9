/** Content that is fetched by its hash: models and graphs, immutable, in parts where asked for. */
import { createHash } from 'node:crypto';
import type { BlobReference } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import type { ServerRequest, ServerResponse } from './http.js';

/** A year: what a hash names never changes. */
const FOREVER = 'public, max-age=31536000, immutable';

/** The blobs of a server. Who knows a hash may read the content: hashes come with tasks, and cannot be guessed. */
export interface BlobStore {
  /** Offers bytes, which must not change any more. Each `add` wants one `drop`. */
  add(bytes: Uint8Array, type: string): BlobReference;
  drop(blob: BlobReference): void;
  /** Answers GET and HEAD. */
  serve(sha256: string, request: ServerRequest): ServerResponse;
}

interface Blob {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  users: number;
}

export function createBlobStore(): BlobStore {
  const blobs = new Map<string, Blob>();
  return {
    add(bytes, type) {
      const digest = createHash('sha256').update(bytes).digest();
      const sha256 = digest.toString('hex');
      const known = blobs.get(sha256);
      if (known) known.users++;
      else blobs.set(sha256, { bytes, type, headers: headersOf(sha256, digest, type), users: 1 });
      return { sha256, bytes: bytes.length };
    },
    drop({ sha256 }) {
      const blob = blobs.get(sha256);
      if (blob && --blob.users === 0) blobs.delete(sha256);
    },
    serve(sha256, request) {
      const blob = blobs.get(sha256);
      if (!blob) throw new Refusal('not-found', 'there is no content of that hash, or not any more');
      return serveBlob(blob, sha256, request);
    },
  };
}

function headersOf(sha256: string, digest: Buffer, type: string): Readonly<Record<string, string>> {
  return {
    'content-type': type,
    'cache-control': FOREVER,
    etag: `"${sha256}"`,
    'accept-ranges': 'bytes',
    'repr-digest': `sha-256=:${digest.toString('base64')}:`,
  };
}

function serveBlob({ bytes, headers }: Blob, sha256: string, request: ServerRequest): ServerResponse {
  const { 'if-none-match': known, range, 'if-range': ifRange } = request.headers;
  if (known?.includes(`"${sha256}"`)) return { status: 304, headers };
  const asked = range !== undefined && (ifRange === undefined || ifRange === headers.etag);
  const part = asked ? parseRange(range, bytes.length) : undefined;
  if (!part)
    return { status: 200, headers: { ...headers, 'content-length': String(bytes.length) }, body: bytes };
  const [start, end] = part;
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start),
      'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
    },
    body: bytes.subarray(start, end),
  };
}

/** One range of bytes (RFC 9110, section 14.1.2); several, or another unit, may be answered with everything. */
function parseRange(field: string, size: number): readonly [start: number, end: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(field) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start < end) return [start, end];
  throw new Refusal('wrong-range', `range must lie within ${size} bytes, got "${field}"`, {
    headers: { 'content-range': `bytes */${size}` },
  });
}
