/** A run open for writing: a directory that this process has locked until it closes the run or dies. */
import { createHash } from 'node:crypto';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Vocabulary } from '../data/vocabulary.js';
import { ConfigError, StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { makeDirectory, syncDirectory, writeFileAtomic } from './atomic-file.js';
import { EventLog } from './event-log.js';
import { lockRun, type RunLock } from './run-lock.js';
import { storeFailure } from './store-failure.js';
import {
  configPath,
  listRounds,
  logPath,
  ROUND_FOLDERS,
  type RoundFolder,
  readConfig,
  readRoundFile,
  roundPath,
  runIdOf,
  vocabularyPath,
} from './stored-run.js';

/**
 * Makes the directory `root/runId` for a new run and opens it. The configuration is written last, so a
 * process killed half-way leaves a directory that is no run yet and may be given to `createRun` again.
 *
 * @param config anything that JSON can hold
 * @throws {ConfigError} when `runId` is not a plain file name, or JSON cannot hold `config`.
 * @throws {StoreError} when the directory is in use, holds files already, or cannot be written.
 */
export async function createRun(root: string, runId: string, config: unknown): Promise<RunDirectory> {
  if (runId === '' || runId === '.' || runId === '..' || basename(runId) !== runId || runId.includes('\0')) {
    throw new ConfigError(`runId must be the name of a directory, got ${JSON.stringify(runId)}`);
  }
  const json = JSON.stringify(config, null, 2);
  if (json === undefined) throw new ConfigError(`config must be a JSON value, got ${typeof config}`);
  const path = join(root, runId);
  const made = await makeDirectory(path).catch((cause: unknown) => {
    throw storeFailure(`run directory ${path} could not be created`, cause);
  });
  try {
    // Before the lock, so as to leave no trace in a directory that is not ours; and after, when it is certain.
    await assertUnused(path);
    const lock = await lockRun(path);
    return await orRelease(lock, async () => {
      await assertUnused(path);
      await writeFileAtomic(configPath(path), `${json}\n`);
      try {
        await syncDirectory(root);
        return (await openLog(path, lock, JSON.parse(json))).run;
      } catch (cause) {
        await rm(configPath(path), { force: true }).catch(() => {});
        throw cause;
      }
    });
  } catch (cause) {
    if (made) await rmdir(path).catch(() => {});
    throw cause instanceof StoreError
      ? cause
      : storeFailure(`run directory ${path} could not be created`, cause);
  }
}

/**
 * Opens a run to go on writing it, and cuts off half a line at the end of its log.
 *
 * @throws {StoreError} when the run is in use, missing or damaged, or cannot be written.
 */
export async function openRun(path: string): Promise<RunDirectory> {
  return (await openRunWithEvents(path)).run;
}

/** Like `openRun`; also returns the events that the log holds. */
export async function openRunWithEvents(path: string): Promise<{ run: RunDirectory; events: RunEvent[] }> {
  const config = await readConfig(path);
  const lock = await lockRun(path);
  return orRelease(lock, () => openLog(path, lock, config));
}

/** A run open for writing; made by `createRun`, `openRun` and `recoverRun`. */
export class RunDirectory {
  readonly path: string;
  readonly runId: string;
  readonly config: unknown;
  readonly #log: EventLog;
  readonly #lock: RunLock;

  constructor(path: string, config: unknown, log: EventLog, lock: RunLock) {
    this.path = path;
    this.runId = runIdOf(path);
    this.config = config;
    this.#log = log;
    this.#lock = lock;
  }

  /**
   * Adds an event to the log.
   *
   * @param options `durable`: wait until it is on the disk, with everything before it
   * @throws {StoreError} when it cannot be written; then it is not in the log.
   */
  append(event: RunEvent, options: { readonly durable?: boolean } = {}): Promise<void> {
    return this.appendAll([event], options);
  }

  /** Adds events to the log in one write: like `append`, all of them or, on failure, none. */
  appendAll(
    events: readonly RunEvent[],
    { durable = false }: { readonly durable?: boolean } = {},
  ): Promise<void> {
    return this.#log.append(events, durable);
  }

  /** Keeps only the first `eventCount` events of the log. */
  truncateAfter(eventCount: number): Promise<void> {
    return this.#log.truncateAfter(eventCount);
  }

  /** Saves the model of a round: `save` in `models`. */
  saveModel(round: number, bytes: Uint8Array, known?: string): Promise<{ sha256: string }> {
    return this.save('models', round, bytes, known);
  }

  /**
   * Saves a file of a round, whole or not at all, and waits until it is on the disk. Append the round's
   * `round-finished` event only after all of its files, and drop those of older rounds only after the event.
   *
   * @param round 0 or more
   * @param known the SHA-256 of the bytes, hexadecimal, where the caller has it: that of a large model takes time
   * @returns the SHA-256 of the bytes, hexadecimal
   * @throws {StoreError} when it cannot be written.
   */
  async save(
    folder: RoundFolder,
    round: number,
    bytes: Uint8Array,
    known?: string,
  ): Promise<{ sha256: string }> {
    const directory = join(this.path, folder);
    try {
      if (await makeDirectory(directory)) await syncDirectory(this.path);
    } catch (cause) {
      throw storeFailure(`${directory} could not be created`, cause);
    }
    await writeFileAtomic(roundPath(this.path, folder, round), bytes);
    return { sha256: known ?? sha256(bytes) };
  }

  /** The model of a round: `load` from `models`. */
  loadModel(round: number): Promise<Uint8Array> {
    return this.load('models', round);
  }

  /**
   * A file of a round, as it was saved.
   *
   * @throws {StoreError} when there is none or it cannot be read.
   */
  load(folder: RoundFolder, round: number): Promise<Uint8Array> {
    return readRoundFile(this.path, folder, round);
  }

  /**
   * Removes the models of all rounds but those to keep, with what was saved beside them.
   *
   * @param upTo those of later rounds stay, too; default: none are later
   * @throws {StoreError} when one cannot be removed.
   */
  async dropModels(keep: Iterable<number>, upTo = Number.POSITIVE_INFINITY): Promise<void> {
    const kept = new Set(keep);
    for (const folder of ROUND_FOLDERS) {
      for (const round of await listRounds(this.path, folder)) {
        if (kept.has(round) || round > upTo) continue;
        const file = roundPath(this.path, folder, round);
        await rm(file, { force: true }).catch((cause: unknown) => {
          throw storeFailure(`${file} could not be removed`, cause);
        });
      }
    }
  }

  /**
   * Writes or replaces `vocabulary.json`.
   *
   * @throws {StoreError} when it cannot be written.
   */
  async saveVocabulary(vocabulary: Vocabulary): Promise<void> {
    await writeFileAtomic(vocabularyPath(this.path), `${JSON.stringify(vocabulary)}\n`);
  }

  /**
   * Writes or replaces `report.html`.
   *
   * @returns its path
   * @throws {StoreError} when it cannot be written; an older report stays.
   */
  async writeReport(html: string): Promise<string> {
    const file = join(this.path, 'report.html');
    await writeFileAtomic(file, html);
    return file;
  }

  /** Waits for writes under way and releases the lock. A second call does nothing. */
  close(): Promise<void> {
    return this.#log.close().finally(() => this.#lock.release());
  }
}

/** SHA-256, hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function openLog(path: string, lock: RunLock, config: unknown) {
  const { log, events } = await EventLog.open(logPath(path));
  return { run: new RunDirectory(path, config, log, lock), events };
}

async function orRelease<T>(lock: RunLock, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    await lock.release().catch(() => {});
    throw cause;
  }
}

/** Holds nothing but what a killed `createRun` may leave. */
async function assertUnused(path: string): Promise<void> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw storeFailure(`run directory ${path} could not be created`, cause);
  });
  const other = names.find((name) => name !== 'config.json.tmp' && !/^lock($|\.)/.test(name));
  if (other !== undefined) {
    throw new StoreError(`run directory ${path} must be new or empty, got one that holds ${other}`);
  }
}
