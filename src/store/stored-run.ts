/** Runs as they lie on the disk, for reading: no lock is taken and nothing is changed. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Vocabulary } from '../data/vocabulary.js';
import { StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { readLog } from './event-log.js';
import { errorCode, storeFailure } from './store-failure.js';

/** A run as it was when it was read; `torn` when half a line stood at the end of its log. */
export interface StoredRun {
  readonly path: string;
  readonly runId: string;
  readonly config: unknown;
  readonly events: readonly RunEvent[];
  readonly torn: boolean;
}

/** The folders of a run that have a file of each round that is kept: the model, what stays with clients, what the strategy keeps. */
export const ROUND_FOLDERS = ['models', 'local', 'server'] as const;
export type RoundFolder = (typeof ROUND_FOLDERS)[number];

/** Where a run lies. */
export interface RunEntry {
  readonly runId: string;
  readonly path: string;
}

/**
 * Reads a run, also while it is being written.
 *
 * @throws {StoreError} when there is no run at `path` or it is damaged, naming file and line.
 */
export async function readRun(path: string): Promise<StoredRun> {
  const config = await readConfig(path);
  const { events, torn } = await readLog(logPath(path));
  return { path, runId: runIdOf(path), config, events, torn };
}

/**
 * All runs in a directory, sorted by name. Other files are passed over; a missing directory has no runs.
 *
 * @throws {StoreError} when the directory cannot be read.
 */
export async function listRuns(root: string): Promise<RunEntry[]> {
  let names: string[];
  try {
    names = await readdir(root);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw storeFailure(`${root} could not be read`, cause);
  }
  const isRun = (name: string) =>
    stat(configPath(join(root, name))).then(
      (found) => found.isFile(),
      () => false,
    );
  const found = await Promise.all(names.toSorted().map(async (name) => ((await isRun(name)) ? [name] : [])));
  return found.flat().map((runId) => ({ runId, path: join(root, runId) }));
}

/**
 * The bytes of the model that a run saved after a round.
 *
 * @param path the run directory
 * @throws {StoreError} when there is none or it cannot be read.
 */
export function readModel(path: string, round: number): Promise<Uint8Array> {
  return readRoundFile(path, 'models', round);
}

/**
 * The bytes of one file of a round.
 *
 * @param path the run directory
 * @throws {StoreError} when there are none or they cannot be read.
 */
export async function readRoundFile(path: string, folder: RoundFolder, round: number): Promise<Uint8Array> {
  const file = roundPath(path, folder, round);
  try {
    return await readFile(file);
  } catch (cause) {
    throw storeFailure(`${file} could not be read`, cause);
  }
}

/**
 * The vocabulary of a run that predicts tokens.
 *
 * @param path the run directory
 * @throws {StoreError} when there is none, or it cannot be read or is damaged.
 */
export async function readVocabulary(path: string): Promise<Vocabulary> {
  const file = vocabularyPath(path);
  let found: Partial<Vocabulary> | null;
  try {
    found = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new StoreError(`${file} is damaged: it must be JSON`, { cause });
    throw storeFailure(`${file} could not be read`, cause);
  }
  const { type, names, firstPredicted } = found ?? {};
  const whole =
    (type === 'chars' || type === 'words' || type === 'hashed-words') &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string') &&
    Number.isSafeInteger(firstPredicted);
  if (!whole) throw new StoreError(`${file} is damaged: it must hold a vocabulary`);
  return { type, names, firstPredicted: firstPredicted as number };
}

/**
 * The rounds whose model is there, in ascending order.
 *
 * @param path the run directory
 * @throws {StoreError} when the directory cannot be read.
 */
export function listModels(path: string): Promise<number[]> {
  return listRounds(path, 'models');
}

/** The rounds of which a folder of a run has a file, in ascending order. */
export async function listRounds(path: string, folder: RoundFolder): Promise<number[]> {
  const directory = join(path, folder);
  try {
    const rounds = (await readdir(directory)).flatMap((name) => /^(\d+)\.safetensors$/.exec(name)?.[1] ?? []);
    return rounds.map(Number).toSorted((a, b) => a - b);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw storeFailure(`${directory} could not be read`, cause);
  }
}

/**
 * The configuration of a run, as it was given when the run was created.
 *
 * @throws {StoreError} when there is no run at `path`, or its `config.json` is not JSON.
 */
export async function readConfig(path: string): Promise<unknown> {
  const file = configPath(path);
  let text: string;
  try {
    await stat(path);
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const missing =
      errorCode(cause) === 'ENOENT' && cause instanceof Error && 'path' in cause ? cause.path : '';
    if (missing === file)
      throw new StoreError(`run directory ${path} must hold config.json, got none`, { cause });
    throw storeFailure(`run directory ${path} could not be read`, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreError(`${file} is damaged: it must be JSON`, { cause });
  }
}

export const runIdOf = (path: string): string => basename(resolve(path));
export const configPath = (path: string): string => join(path, 'config.json');
export const logPath = (path: string): string => join(path, 'events.jsonl');
export const vocabularyPath = (path: string): string => join(path, 'vocabulary.json');
/** The file of a round in one of the folders of a run. */
export const roundPath = (path: string, folder: RoundFolder, round: number): string =>
  join(path, folder, `${round}.safetensors`);
