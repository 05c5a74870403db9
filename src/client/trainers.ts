/** What trains for a task: of its definition, made once and shared by all clients of one process. */
import type { GraphSummary } from '../learn/graph-summary.js';
import type { Model } from '../learn/model.js';
import type { Trainer } from '../learn/trainer.js';
import type { TaskDefinition } from '../protocol/messages.js';
import type { Api } from './api.js';
import { fetchBlob } from './blobs.js';
import type { Platform } from './platform.js';

/** A trainer of the user's, in place of the task's model, or what makes one for each definition. */
export type OwnTrainer = Trainer | ((definition: TaskDefinition) => Trainer | Promise<Trainer>);

export interface Trainers {
  /**
   * The task's model, once its graph is what the definition says; undefined where the user's own trainer takes its place.
   *
   * @throws {ConfigError}, {ShapeError} or {ProtocolError} when it is none that can be trained here.
   */
  modelOf(definition: TaskDefinition, api: Api): Promise<Model | undefined>;
  /** What that model is made of, for who decides. */
  summaryOf(definition: TaskDefinition, api: Api): Promise<GraphSummary | undefined>;
  trainerOf(definition: TaskDefinition, api: Api): Promise<Trainer>;
}

const learning = () => import('./learning.js');

/** Compiled graphs take memory: those of the newest definitions are kept. */
const KEPT = 2;

/** @param isStopped asked between two steps; training ends with a {TransportError} once it says so */
export function createTrainers(
  { engine, sha256 }: Pick<Platform, 'engine' | 'sha256'>,
  own: OwnTrainer | undefined,
  isStopped: () => boolean,
): Trainers {
  const models = keepNewest(async (definition, api) => {
    const { checkedModel } = await learning();
    return checkedModel(definition, (graph) => fetchBlob({ api, sha256 }, graph));
  });
  const trainers = keepNewest<Trainer>(async (definition, api) => {
    if (typeof own === 'function') return own(definition);
    const [{ engine: chosen }, model] = await Promise.all([engine(), models(definition, api)]);
    return (await learning()).stoppableTrainer(chosen, model, isStopped);
  });
  return {
    modelOf: async (definition, api) => (own ? undefined : models(definition, api)),
    summaryOf: async (definition, api) =>
      own ? undefined : (await learning()).summaryOf(await models(definition, api)),
    trainerOf: async (definition, api) => (typeof own === 'object' ? own : trainers(definition, api)),
  };
}

function keepNewest<T>(make: (definition: TaskDefinition, api: Api) => Promise<T>) {
  const made = new Map<string, Promise<T>>();
  return (definition: TaskDefinition, api: Api): Promise<T> => {
    const { runId, model } = definition;
    const key = `${runId}/${model.graphSha256}`;
    const known = made.get(key);
    if (known) return known;
    const making = make(definition, api);
    made.set(key, making);
    making.catch(() => made.delete(key));
    for (const old of [...made.keys()].slice(0, -KEPT)) made.delete(old);
    return making;
  };
}
