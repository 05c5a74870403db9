/** What makes a task's model and trains it: loaded with the first task, so that a page that waits has not loaded it. */
import { ConfigError } from '../errors.js';
import type { Engine } from '../learn/engine.js';
import { graphHash } from '../learn/graph-hash.js';
import { type GraphSummary, graphSummary } from '../learn/graph-summary.js';
import type { Model } from '../learn/model.js';
import { createOnnxTrainer } from '../learn/onnx-trainer.js';
import { stoppableEngine } from '../learn/stoppable-engine.js';
import type { Trainer } from '../learn/trainer.js';
import type { TaskDefinition } from '../protocol/messages.js';
import { sha256Hex } from './digest.js';
import { modelOf } from './model-trainer.js';
import type { Verdict } from './verdict.js';

/**
 * The model of a task, once its graph is what the definition says.
 *
 * @throws {ConfigError}, {ShapeError} or {ProtocolError} when it is another, or none that can be trained.
 */
export async function checkedModel(
  definition: TaskDefinition,
  fetchGraph: Parameters<typeof modelOf>[1],
): Promise<Model> {
  const model = await modelOf(definition, fetchGraph);
  const verdict = await checkGraph(definition, model);
  if (!verdict.accepted) throw new ConfigError(verdict.reason);
  return model;
}

/**
 * Whether `model`, which is about to run, is the one that the definition names by its graph's hash. Pins and
 * approvals are for that hash: they mean nothing where this is not checked before training.
 */
export async function checkGraph({ model: named }: TaskDefinition, model: Model): Promise<Verdict> {
  const hash = await graphHash(model, sha256Hex);
  if (hash === named.graphSha256) return { accepted: true };
  return {
    accepted: false,
    reason: `the task says that the graph of ${named.name} is ${named.graphSha256}, the graph here is ${hash}`,
  };
}

/** A trainer that ends at the next step once `isStopped` says so. */
export function stoppableTrainer(engine: Engine, model: Model, isStopped: () => boolean): Trainer {
  return createOnnxTrainer(stoppableEngine(engine, isStopped), model);
}

/** What the model is made of, for who decides. */
export function summaryOf(model: Model): GraphSummary {
  return graphSummary(model);
}
