/** The log of a run, `events.jsonl`: one JSON event a line, only ever appended to, except for recovery. */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { errorCode, storeFailure } from './store-failure.js';

/** What a log holds: the events of all full lines, the byte after each, and whether half a line follows. */
export interface LogContent {
  readonly events: RunEvent[];
  readonly ends: number[];
  readonly torn: boolean;
}

/**
 * Reads a log. One that is not there yet is empty.
 *
 * @throws {StoreError} naming the first full line that is not an event, or when the file cannot be read.
 */
export async function readLog(path: string): Promise<LogContent> {
  try {
    return parseLog(await readFile(path), path);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    if (errorCode(cause) === 'ENOENT') return { events: [], ends: [], torn: false };
    throw storeFailure(`${path} could not be read`, cause);
  }
}

function parseLog(bytes: Buffer, path: string): LogContent {
  const events: RunEvent[] = [];
  const ends: number[] = [];
  let start = 0;
  for (let newline = bytes.indexOf(0x0a); newline >= 0; newline = bytes.indexOf(0x0a, start)) {
    const event = parseEvent(bytes.toString('utf8', start, newline));
    if (!event) throw new StoreError(`${path} is damaged: line ${events.length + 1} must be an event`);
    start = newline + 1;
    events.push(event);
    ends.push(start);
  }
  return { events, ends, torn: start < bytes.length };
}

/** Checks what the store itself relies on; what an event of its type holds beyond that, its writer vouches for. */
function parseEvent(line: string): RunEvent | undefined {
  let event: Partial<Record<string, unknown>> | null;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof event !== 'object' || event === null || typeof event.type !== 'string') return undefined;
  const { type, round, modelSha256, cohort, goal } = event;
  if (type === 'round-finished' && !(isCount(round) && typeof modelSha256 === 'string')) return undefined;
  if (type === 'round-started') {
    if (!(isCount(round) && isCount(goal) && Array.isArray(cohort) && cohort.every(isCount)))
      return undefined;
  }
  return event as unknown as RunEvent;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A log open for writing. Writes happen one after another, in the order of the calls. */
export class EventLog {
  readonly #path: string;
  readonly #file: FileHandle;
  /** Bytes of all full lines: where the next line goes. */
  #length: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /**
   * Opens or creates a log and cuts off half a line at its end, which a killed process leaves.
   *
   * @throws {StoreError} when a full line is not an event, or the file cannot be read or written.
   */
  static async open(path: string): Promise<{ log: EventLog; events: RunEvent[] }> {
    const { events, ends, torn } = await readLog(path);
    // Not for appending: with a position of its own, a line also overwrites what a failed one left behind.
    const file = await open(path, constants.O_RDWR | constants.O_CREAT).catch((cause: unknown) => {
      throw storeFailure(`${path} could not be opened`, cause);
    });
    const log = new EventLog(path, file, ends.at(-1) ?? 0);
    try {
      if (torn) await log.truncateAfter(events.length);
      return { log, events };
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  /**
   * Writes events as full lines at once.
   *
   * @param durable wait until they are on the disk
   * @throws {StoreError} when they cannot be written; then none of them is in the log.
   */
  append(events: readonly RunEvent[], durable: boolean): Promise<void> {
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    return this.#afterOthers(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(
          bytes,
          done,
          bytes.length - done,
          this.#length + done,
        );
        done += bytesWritten;
      }
      if (durable) await this.#file.datasync();
      this.#length += bytes.length;
    });
  }

  /**
   * Keeps only the first events and waits until the rest is gone from the disk.
   *
   * @throws {StoreError} when the file cannot be read or written.
   */
  truncateAfter(eventCount: number): Promise<void> {
    return this.#afterOthers(async () => {
      const { ends } = await readLog(this.#path);
      const length = eventCount === 0 ? 0 : (ends[eventCount - 1] ?? this.#length);
      await this.#file.truncate(length);
      this.#length = length;
      await this.#file.datasync();
    });
  }

  /** Waits for writes under way and closes the file. */
  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  #afterOthers(write: () => Promise<void>): Promise<void> {
    const done = this.#last.then(write).catch(async (cause: unknown) => {
      // No half line stays. Should this fail too, the next line overwrites it, or recovery cuts it off.
      await this.#file.truncate(this.#length).catch(() => {});
      throw cause instanceof StoreError ? cause : storeFailure(`${this.#path} could not be written`, cause);
    });
    this.#last = done.catch(() => {});
    return done;
  }
}
