/** Reads files of data, gzipped or not, with a limit on what they may unpack to. */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ProtocolError, TransportError } from '../errors.js';

const unzip = promisify(gunzip);

/** Large enough for the CSV files that fit in memory, small enough to stop a file made to fill it. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of a file, unpacked where they are gzip.
 *
 * @param maxBytes the most that the file may hold, packed and unpacked; the default is 256 MiB
 * @throws {TransportError} when the file cannot be read.
 * @throws {ProtocolError} when it is larger than `maxBytes`, or its gzip is truncated or damaged.
 */
export async function readBytes(path: string, maxBytes = MAX_BYTES): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new TransportError(`${path} must be a readable file, got ${(cause as Error).message}`, { cause });
  }
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip || path.endsWith('.gz') ? unpack(bytes, path, maxBytes) : bytes;
}

/**
 * The text of a file in UTF-8, unpacked where it is gzip; a byte-order mark is left out.
 *
 * @throws {TransportError} when the file cannot be read.
 * @throws {ProtocolError} when it is larger than 256 MiB, damaged, or not UTF-8.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError(`${path} must be text in UTF-8, got other bytes`, { cause });
  }
}

async function unpack(bytes: Uint8Array, path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await unzip(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, maxBytes);
    throw new ProtocolError(
      `${path} must be a whole gzip file, got a truncated or damaged one (${message})`,
      {
        cause,
      },
    );
  }
}

function tooLarge(path: string, maxBytes: number): ProtocolError {
  return new ProtocolError(`${path} must hold at most ${maxBytes} bytes, got more`);
}
