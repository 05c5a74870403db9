/**
 * Files of a folder for browsers: by name, with a tag of their content, compressed once.
 *
 * Threat: a name leads out of the folder (only plain names are looked at: no separator, no dot in front, whatever it was
 * encoded as); memory grows with requests (what is kept is bounded by the files of the folder; of large ones only the
 * compressed form is kept, the other is read anew and streamed); a file that was replaced is mixed with the old one
 * (size and time are looked at every time).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HeaderFields } from '../protocol/http.js';
import { Refusal } from '../protocol/problem.js';
import type { ServerRequest, ServerResponse } from './http.js';

/** A folder that is read when somebody asks. */
export interface StaticFolder {
  /**
   * Answers GET and HEAD.
   *
   * @param fields what the answer has beside length, type and tag
   * @throws {Refusal} `not-found`
   */
  serve(name: string, request: ServerRequest, fields: HeaderFields): Promise<ServerResponse>;
}

const PLAIN_NAME = /^[\w-][\w.-]{0,127}$/;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Compressed already. */
const PACKED = new Set(['.png', '.woff2']);
/** Less is not worth it; more is not kept as it is. */
const MIN_GZIP_BYTES = 1024;
const MAX_KEPT_BYTES = 1024 * 1024;

interface Content {
  readonly tag: string;
  readonly size: number;
  readonly bytes?: Uint8Array;
  readonly zipped?: Uint8Array;
}

const zip = promisify(gzip);

/** @param missing what to say of a file that is not there */
export function createStaticFolder(folder: string, missing: string): StaticFolder {
  /** As read when the file had that size and time. */
  const known = new Map<string, { readonly state: string; readonly content: Promise<Content> }>();

  const read = async (path: string): Promise<Content> => {
    const bytes = await readFile(path);
    const worth = bytes.length >= MIN_GZIP_BYTES && !PACKED.has(extname(path));
    return {
      size: bytes.length,
      tag: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
      ...(worth ? { zipped: await zip(bytes) } : {}),
      ...(worth && bytes.length > MAX_KEPT_BYTES ? {} : { bytes }),
    };
  };
  const contentOf = async (name: string): Promise<Content> => {
    const path = join(folder, name);
    const found = PLAIN_NAME.test(name) ? await stat(path).catch(() => undefined) : undefined;
    if (!found?.isFile()) throw new Refusal('not-found', missing);
    const state = `${found.mtimeMs} ${found.size}`;
    const before = known.get(name);
    if (before?.state === state) return before.content;
    // Who asks in the meantime waits for the same.
    const content = read(path);
    known.set(name, { state, content });
    content.catch(() => known.delete(name));
    return content;
  };

  return {
    async serve(name, request, fields) {
      const { tag, size, bytes, zipped } = await contentOf(name);
      const isZipped = zipped !== undefined && takesGzip(request.headers['accept-encoding']);
      const headers = {
        ...fields,
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        etag: isZipped ? `"${tag}-gzip"` : `"${tag}"`,
        vary: 'accept-encoding',
      };
      if (request.headers['if-none-match']?.includes(`"${tag}`)) return { status: 304, headers };
      return {
        status: 200,
        headers: {
          ...headers,
          'content-length': String(isZipped ? zipped.length : size),
          ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
        },
        body: isZipped ? zipped : (bytes ?? streamed(join(folder, name))),
      };
    },
  };
}

/** Opened when somebody reads: an answer to HEAD opens nothing. */
async function* streamed(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}

/** Whether a field `accept-encoding` (RFC 9110, section 12.5.3) allows gzip. */
function takesGzip(field = ''): boolean {
  const choice = field.split(',').find((part) => /^\s*(?:x-)?gzip\s*(?:;|$)/i.test(part));
  return choice !== undefined && !/;\s*q=0(?:\.0*)?\s*$/i.test(choice);
}
