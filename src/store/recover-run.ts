/** Brings a run that was killed or interrupted back to its last finished round, ready to go on. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoundFinished, RoundStarted, RunEvent } from '../round/run-events.js';
import { openRunWithEvents, type RunDirectory, sha256 } from './run-directory.js';
import { storeFailure } from './store-failure.js';
import { listRounds, ROUND_FOLDERS, type RoundFolder } from './stored-run.js';

/** A run that can go on. The caller closes `run`. */
export interface RecoveredRun {
  readonly run: RunDirectory;
  /** What is left in the log: up to the last finished round and the start of an open one, or everything when the run is complete. */
  readonly events: readonly RunEvent[];
  /** The run had come to its end: no event was dropped and nothing is left to do. */
  readonly complete: boolean;
  /** The last finished round; its model, and what stayed with clients, is there and intact. Undefined: start from the beginning. */
  readonly lastRound: RoundFinished | undefined;
  /** The round after it, where the log says that it was begun: it can go on with the same cohort. */
  readonly openRound: RoundStarted | undefined;
}

/**
 * Opens a run, finds the last finished round whose files are intact, and drops what came after it: events (but the
 * start of the next round), models and half-written files. Killed at any moment, it can be called again with the same outcome.
 *
 * @throws {StoreError} when the run is in use, missing or damaged, or cannot be written.
 */
export async function recoverRun(path: string): Promise<RecoveredRun> {
  const { run, events } = await openRunWithEvents(path);
  try {
    const last = events.at(-1);
    if (last?.type === 'run-finished' && last.reason !== 'interrupted') {
      const lastRound = events.findLast(isRoundFinished);
      return { run, events, complete: true, lastRound, openRound: undefined };
    }
    const files = await filesOf(path);
    let end = events.length;
    while (end > 0 && !(await isIntact(run, files, events[end - 1]))) end--;
    const lastRound = events.slice(0, end).findLast(isRoundFinished);
    const openRound = openRoundAfter(lastRound, events.slice(end));
    const kept = openRound ? events.indexOf(openRound) + 1 : end;
    await run.truncateAfter(kept);
    await run.dropModels(
      Object.values(files)
        .flat()
        .filter((round) => lastRound !== undefined && round <= lastRound.round),
    );
    await removeHalfWritten(path);
    return { run, events: events.slice(0, kept), complete: false, lastRound, openRound };
  } catch (cause) {
    await run.close().catch(() => {});
    throw cause;
  }
}

function openRoundAfter(
  last: RoundFinished | undefined,
  dropped: readonly RunEvent[],
): RoundStarted | undefined {
  const next = last && last.round + 1;
  return dropped.find(
    (event): event is RoundStarted => event.type === 'round-started' && event.round === next,
  );
}

function isRoundFinished(event: RunEvent): event is RoundFinished {
  return event.type === 'round-finished';
}

/** The rounds that each folder has a file of. */
type RoundFiles = Readonly<Record<RoundFolder, readonly number[]>>;

async function filesOf(path: string): Promise<RoundFiles> {
  const [models = [], local = [], server = []] = await Promise.all(
    ROUND_FOLDERS.map((folder) => listRounds(path, folder)),
  );
  return { models, local, server };
}

async function isIntact(run: RunDirectory, files: RoundFiles, event: RunEvent | undefined): Promise<boolean> {
  if (event === undefined || !isRoundFinished(event)) return false;
  const { round, modelSha256, localSha256, serverSha256 } = event;
  const hashes = { models: modelSha256, local: localSha256, server: serverSha256 };
  for (const folder of ROUND_FOLDERS) {
    const hash = hashes[folder];
    if (hash === undefined && folder !== 'models') continue;
    if (!files[folder].includes(round) || sha256(await run.load(folder, round)) !== hash) return false;
  }
  return true;
}

async function removeHalfWritten(path: string): Promise<void> {
  for (const directory of [path, ...ROUND_FOLDERS.map((folder) => join(path, folder))]) {
    for (const name of await readdir(directory).catch(() => [])) {
      // Files of a lock may belong to a process that is just finding out that the run is in use.
      if (!name.endsWith('.tmp') || name.startsWith('lock.')) continue;
      const file = join(directory, name);
      await rm(file, { force: true }).catch((cause: unknown) => {
        throw storeFailure(`${file} could not be removed`, cause);
      });
    }
  }
}
