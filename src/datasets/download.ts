/** Fetches a file of known length and checksum from public mirrors into a folder. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ProtocolError, TransportError } from '../errors.js';

/** A file as its publisher made it. */
export interface PublishedFile {
  readonly name: string;
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface DownloadOptions {
  /** Addresses of folders, each ending in a slash, tried in this order. */
  readonly mirrors: readonly string[];
  /** For the file, over all mirrors. */
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
}

/**
 * Fetches `file` from the first mirror that gives its exact bytes and writes it to `path`: wholly, or not at
 * all.
 *
 * @throws {TransportError} when no mirror answers in time, what they send is something else, or the folder
 * cannot be written.
 */
export async function downloadFile(
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { mirrors, timeoutMs, fetch: get = fetch } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  const failures: string[] = [];
  for (const mirror of mirrors) {
    try {
      const response = await get(mirror + file.name, { signal });
      const bytes = await exactBytes(response, file);
      return await writeWhole(path, bytes);
    } catch (cause) {
      failures.push(`${mirror}: ${reasonOf(cause)}`);
    }
  }
  throw new TransportError(`${file.name} must come from a mirror, got ${failures.join('; ')}`);
}

async function exactBytes(response: Response, file: PublishedFile): Promise<Uint8Array> {
  if (!response.ok || !response.body) throw new TransportError(`HTTP status ${response.status}`);
  const bytes = new Uint8Array(file.byteLength);
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    // Stop a mirror that sends without end.
    if (length + chunk.length > bytes.length) throw new ProtocolError(`more than ${bytes.length} bytes`);
    bytes.set(chunk, length);
    length += chunk.length;
  }
  const sha256 = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
  if (sha256 !== file.sha256) throw new ProtocolError(`${length} bytes with another checksum`);
  return bytes;
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? cause.cause : cause;
  return inner.message || inner.name;
}
