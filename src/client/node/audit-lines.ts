/** Reads the audit log, and finds the first line at which its chain of hashes is broken. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { storeFailure } from '../../store/store-failure.js';
import type { AuditEntry } from '../audit-entry.js';

/** A line: an entry, when it was written, and the hash of the line before. */
export type AuditLine = AuditEntry & {
  /** ISO 8601, UTC, by this device's clock. */
  readonly time: string;
  /** SHA-256 (hexadecimal) of the bytes of the line before, without its newline; 64 zeros in the first. */
  readonly previous: string;
};

/** What the first line has in place of a hash. */
export const NO_LINE = '0'.repeat(64);

/** Longer lines are none of ours; the bound keeps a damaged file from filling the memory. */
export const MAX_LINE_BYTES = 65_536;

const NEWLINE = 0x0a;

export type AuditCheck =
  | {
      readonly intact: true;
      readonly lines: number;
      /** Of the last line; kept elsewhere, it later shows whether the end was cut off. */
      readonly lastHash: string;
      /** Half a line at the end: a writer was stopped there, or is writing. */
      readonly torn: boolean;
    }
  | { readonly intact: false /** From 1. */; readonly line: number; readonly reason: string };

/** One line as it is read: `entry` is undefined where it is none of ours. */
interface RawLine {
  readonly entry: AuditLine | undefined;
  readonly hash: string;
  /** Whether a newline follows. */
  readonly full: boolean;
}

/**
 * Checks every line and its link to the one before.
 *
 * @param knownHash the hash of a line that the log must have, such as the last one of an earlier check
 * @throws {StoreError} when the file cannot be read.
 */
export async function verifyAuditLog(path: string, knownHash?: string): Promise<AuditCheck> {
  let [count, previous, torn] = [0, NO_LINE, false];
  let known = knownHash === undefined || knownHash === NO_LINE;
  for await (const { entry, hash, full } of rawLines(path)) {
    if (!full) {
      torn = true;
      break;
    }
    count++;
    if (!entry) return { intact: false, line: count, reason: 'it is no entry' };
    if (entry.previous !== previous) return { intact: false, line: count, reason: brokenLink(count) };
    previous = hash;
    known ||= hash === knownHash;
  }
  if (!known)
    return {
      intact: false,
      line: count + 1,
      reason: `no line has the hash ${knownHash}: the end is missing`,
    };
  return { intact: true, lines: count, lastHash: previous, torn };
}

/**
 * All entries, the oldest first; lines that are none are left out.
 *
 * @throws {StoreError} when the file cannot be read.
 */
export async function* readAuditLog(path: string): AsyncGenerator<AuditLine> {
  for await (const { entry, full } of rawLines(path)) if (entry && full) yield entry;
}

/** The hash by which the next line refers to this one. */
export function lineHash(line: Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** The entry in a line, or undefined. */
export function parseLine(line: Uint8Array): AuditLine | undefined {
  try {
    const entry = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(line),
    ) as Partial<AuditLine> | null;
    const whole =
      (entry?.type === 'sending' || entry?.type === 'receipt') &&
      [entry.time, entry.previous, entry.sha256].every((value) => typeof value === 'string');
    return whole ? (entry as AuditLine) : undefined;
  } catch {
    return undefined;
  }
}

function brokenLink(line: number): string {
  if (line === 1) return 'it is not the first line of a log: lines before it are missing, or it was changed';
  return `it does not fit line ${line - 1}: one of the two was changed, or lines between them are missing or were added`;
}

async function* rawLines(path: string): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  const read = (line: Buffer, full: boolean): RawLine => ({
    entry: line.length > MAX_LINE_BYTES ? undefined : parseLine(line),
    hash: lineHash(line),
    full,
  });
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
        yield read(rest.subarray(start, end), true);
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > MAX_LINE_BYTES) {
        yield read(rest, true);
        return;
      }
    }
  } catch (cause) {
    throw storeFailure(`${path} could not be read`, cause);
  }
  if (rest.length > 0) yield read(rest, false);
}
