/**
 * The audit log of a client: everything that was sent, one JSON entry a line, only ever appended to.
 *
 * Each line carries the hash of the line before it (the linking of Haber and Stornetta 1991, section 5.1), so that a line
 * that is changed, removed or put in between shows, unless all lines after it are made anew. Who may write the file can
 * do that, or cut off its end: against both helps the hash of the last line, kept elsewhere, which a check asks for.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../../errors.js';
import { syncDirectory } from '../../store/atomic-file.js';
import { storeFailure } from '../../store/store-failure.js';
import type { AuditEntry, AuditSink } from '../audit-entry.js';
import { type AuditLine, lineHash, MAX_LINE_BYTES, NO_LINE, parseLine } from './audit-lines.js';
import { OWNER_ONLY_FILE } from './private-file.js';

const NEWLINE = 0x0a;

/** A log open for writing; one process may do so at a time. Lines are written in the order of the calls. */
export class AuditLog implements AuditSink {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #now: () => number;
  /** Bytes of all full lines. */
  #length: number;
  #previous: string;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, end: LogEnd, now: () => number) {
    this.#path = path;
    this.#file = file;
    this.#length = end.length;
    this.#previous = end.previous;
    this.#now = now;
  }

  /**
   * Opens or makes a log, and cuts off half a line at its end, which a killed process leaves. Its chain is not checked.
   *
   * @param now milliseconds since 1970
   * @throws {StoreError} when the last line is no entry, or the file cannot be read or written.
   */
  static async open(path: string, now: () => number = Date.now): Promise<AuditLog> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, OWNER_ONLY_FILE);
      const end = await readEnd(path, file);
      if (end.torn) await file.truncate(end.length);
      await file.datasync();
      await syncDirectory(dirname(path));
      return new AuditLog(path, file, end, now);
    } catch (cause) {
      await file?.close();
      throw cause instanceof StoreError ? cause : storeFailure(`${path} could not be opened`, cause);
    }
  }

  /**
   * Writes an entry as a full line and waits until it is on the disk.
   *
   * @throws {StoreError} when it cannot be written, or another process wrote to the log; then it is not in it.
   */
  append(entry: AuditEntry): Promise<void> {
    const done = this.#last.then(() => this.#write(entry));
    this.#last = done.catch(() => {});
    return done;
  }

  /** The hash of the last line; 64 zeros where there is none yet. */
  get lastHash(): string {
    return this.#previous;
  }

  /** Waits for lines under way and closes the file. */
  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  async #write(entry: AuditEntry): Promise<void> {
    const time = new Date(this.#now()).toISOString();
    const line: AuditLine = { time, ...entry, previous: this.#previous };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    if (bytes.length > MAX_LINE_BYTES) {
      throw new StoreError(
        `an entry of the audit log must have at most ${MAX_LINE_BYTES} bytes, got ${bytes.length}`,
      );
    }
    try {
      await this.#checkLength();
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      await this.#file.truncate(this.#length).catch(() => {});
      throw storeFailure(`${this.#path} could not be written`, cause);
    }
    this.#length += bytes.length;
    this.#previous = lineHash(bytes.subarray(0, -1));
  }

  /** A second writer would fork the chain: the log says so instead of looking changed later. */
  async #checkLength(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size === this.#length) return;
    throw new StoreError(
      `${this.#path} must be written by one process only: it has ${size} bytes, this one left it at ${this.#length}`,
    );
  }
}

interface LogEnd {
  readonly length: number;
  readonly previous: string;
  readonly torn: boolean;
}

/** The last full line is all that the next one needs. */
async function readEnd(path: string, file: FileHandle): Promise<LogEnd> {
  const { size } = await file.stat();
  // Room for the longest line and half of another one.
  const start = Math.max(0, size - 2 * MAX_LINE_BYTES);
  const tail = Buffer.alloc(size - start);
  for (let at = 0; at < tail.length; ) {
    const { bytesRead } = await file.read(tail, at, tail.length - at, start + at);
    if (bytesRead === 0) throw new StoreError(`${path} became shorter while it was read`);
    at += bytesRead;
  }
  const end = tail.lastIndexOf(NEWLINE);
  const length = start + end + 1;
  if (length === 0 && size <= MAX_LINE_BYTES) return { length, previous: NO_LINE, torn: size > 0 };
  const line = end > 0 ? tail.subarray(tail.lastIndexOf(NEWLINE, end - 1) + 1, end) : tail.subarray(0, 0);
  if (!parseLine(line)) throw new StoreError(`${path} is damaged: its last line is no entry`);
  return { length, previous: lineHash(line), torn: length < size };
}
