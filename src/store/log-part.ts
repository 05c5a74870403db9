/** A part of a log, also while it is being written: for whoever reads all of a long one, or follows it. */
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode, storeFailure } from './store-failure.js';

/** Where a reader stands: behind so many lines, which are so many bytes. */
export interface LogPlace {
  readonly line: number;
  readonly byte: number;
}

/** The beginning of a log. */
export const LOG_START: LogPlace = { line: 0, byte: 0 };

/** Some full lines, and how to go on. */
export interface LogPart {
  /** Each with its number: 1 is the first of the log. */
  readonly lines: readonly { readonly number: number; readonly text: string }[];
  readonly after: LogPlace;
  /** Whether there is nothing more for now. */
  readonly atEnd: boolean;
}

const PART_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * The full lines behind a place, some 64 KiB of them and at least one; one that is half written is left for later. A log
 * that is not there, or shorter than the place, has none.
 *
 * @param bounds lines up to the `from`-th are passed over, those after the `until`-th left for later
 * @throws {StoreError} when the file cannot be read.
 */
export async function readLogPart(
  path: string,
  place: LogPlace,
  { from = 0, until = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly until?: number } = {},
): Promise<LogPart> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { bytes, atEnd } = await readFullLines(file, place.byte);
    const lines: { number: number; text: string }[] = [];
    let { line, byte } = place;
    for (let start = 0; start < bytes.length && line < until; ) {
      const end = bytes.indexOf(LINE_FEED, start);
      line++;
      byte += end + 1 - start;
      if (line > from) lines.push({ number: line, text: bytes.toString('utf8', start, end) });
      start = end + 1;
    }
    return { lines, after: { line, byte }, atEnd: atEnd || line >= until };
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return { lines: [], after: place, atEnd: true };
    throw storeFailure(`${path} could not be read`, cause);
  } finally {
    await file?.close();
  }
}

/** Up to the last line feed of a part; of a longer line all of it. */
async function readFullLines(file: FileHandle, from: number): Promise<{ bytes: Buffer; atEnd: boolean }> {
  const parts: Buffer[] = [];
  let position = from;
  for (;;) {
    const part = Buffer.allocUnsafe(PART_BYTES);
    const { bytesRead } = await file.read(part, 0, PART_BYTES, position);
    if (bytesRead === 0) return { bytes: Buffer.alloc(0), atEnd: true };
    position += bytesRead;
    const found = part.subarray(0, bytesRead);
    const end = found.lastIndexOf(LINE_FEED);
    parts.push(end < 0 ? found : found.subarray(0, end + 1));
    if (end >= 0)
      return { bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), atEnd: false };
  }
}
