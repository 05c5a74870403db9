/**
 * Many clients in one process: each with its own key and data; models, what trains, and the time of the processor are shared.
 * Memory grows with their keys, connections and views of the data, not with their models.
 */
import { type JoinOptions, joinOn, type Participation } from './join.js';
import { createModelCache } from './model-cache.js';
import type { Platform } from './platform.js';
import { createSharedPlaces } from './report-places.js';
import { createTrainers, type OwnTrainer } from './trainers.js';

/** One of the clients. */
export interface VirtualClient {
  readonly platform: Platform;
  readonly options: Omit<JoinOptions, 'trainer' | 'signal'>;
}

/** What all of them share. */
export interface VirtualOptions {
  /** What trains, in place of the tasks' models. */
  readonly trainer?: OwnTrainer;
  /** Ends all of them. */
  readonly signal?: AbortSignal;
}

/** At most so many reports are on their way at a time, unless none gets through for so long. */
const REPORTS_AT_ONCE = 4;
const PATIENCE_MS = 5_000;

/**
 * Lets all of them join, one after another: where no others come, the client at place k is the server's client k, so
 * that a deterministic run gives what a simulation of as many clients with its seed gives.
 *
 * @throws as `joinOn`, when one of them is not let in; those before it are stopped.
 */
export async function joinMany(
  clients: readonly VirtualClient[],
  { trainer, signal }: VirtualOptions = {},
): Promise<readonly Participation[]> {
  const [first] = clients;
  if (!first) return [];
  const shared = {
    models: createModelCache(),
    exclusively: createTurns(),
    trainers: createTrainers(first.platform, trainer, () => signal?.aborted === true),
    reports: createSharedPlaces(REPORTS_AT_ONCE, PATIENCE_MS),
    ...(trainer === undefined ? {} : { trainer }),
    ...(signal === undefined ? {} : { signal }),
  };
  const joined: Participation[] = [];
  try {
    for (const { platform, options } of clients)
      joined.push(await joinOn(platform, { ...options, ...shared }));
  } catch (error) {
    await Promise.all(joined.map((client) => client.stop()));
    throw error;
  }
  return joined;
}

/** One after another, in the order of the calls. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    // What one has made leaves before the next begins: else the server waits meanwhile.
    last = done.catch(() => {}).then(nextTurn);
    return done;
  };
}

/** A turn of the event loop; without the delay of a timer where that is possible. */
function nextTurn(): Promise<void> {
  const { setImmediate: soon } = globalThis as { setImmediate?: (go: () => void) => void };
  return new Promise((resolve) => (soon ? soon(resolve) : setTimeout(resolve, 0)));
}
