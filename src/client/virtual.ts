/** Many clients in one process: each with its own key and data, one engine, one model in memory, one computing at a time. */
import type { Trainer } from '../learn/trainer.js';
import type { TaskDefinition } from '../protocol/messages.js';
import { type JoinOptions, joinOn, type Participation } from './join.js';
import { createModelCache } from './model-cache.js';
import type { Platform } from './platform.js';
import { createSharedPlaces } from './report-places.js';

/** One of the clients. */
export interface VirtualClient {
  readonly platform: Platform;
  readonly options: JoinOptions;
}

/** At most so many are let in at a time, so that a server is not stormed. */
const ENROL_AT_ONCE = 8;

/** At most so many reports are on their way at a time, unless none gets through for so long. */
const REPORTS_AT_ONCE = 4;
const PATIENCE_MS = 5_000;

/**
 * Lets all of them join, in their order.
 *
 * @param trainerOf makes what trains; called once a definition, shared by all
 */
export async function joinMany(
  clients: readonly VirtualClient[],
  trainerOf?: (definition: TaskDefinition) => Promise<Trainer>,
): Promise<readonly Participation[]> {
  const models = createModelCache();
  const reports = createSharedPlaces(REPORTS_AT_ONCE, PATIENCE_MS);
  const exclusively = createTurns();
  const shared = trainerOf === undefined ? {} : { trainer: once(trainerOf) };
  const joined: Participation[] = [];
  for (let at = 0; at < clients.length; at += ENROL_AT_ONCE) {
    const some = clients.slice(at, at + ENROL_AT_ONCE);
    const joining = some.map(({ platform, options }) =>
      joinOn(platform, { models, reports, exclusively, ...shared, ...options }),
    );
    joined.push(...(await Promise.all(joining)));
  }
  return joined;
}

function once(make: (definition: TaskDefinition) => Promise<Trainer>) {
  const made = new Map<string, Promise<Trainer>>();
  return (definition: TaskDefinition) => {
    const key = `${definition.runId}/${definition.model.graphSha256}`;
    const known = made.get(key) ?? make(definition);
    made.set(key, known);
    return known;
  };
}

/** One after another, in the order of the calls. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
