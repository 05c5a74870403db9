/** A trainer whose updates are known beforehand, so that a test can say what the mean of some clients' must be. */
import { setTimeout as delay } from 'node:timers/promises';
// Compiled: also loaded by a process that has only that.
import { modelParameters } from '../../dist/learn/compile.js';
import { createModel } from '../../dist/learn/model.js';
import { seededRandom } from '../../dist/random.js';
import type { ClientData } from '../../src/client/rounds.js';
import type { Trainer } from '../../src/learn/trainer.js';

/** What a server is told of the data that these clients have. */
export const knownTask = {
  model: 'logistic',
  task: 'classification',
  featureShape: [7],
  classNames: ['no', 'yes'],
} as const;

const { layout } = modelParameters(
  createModel('logistic', { featureShape: [7], task: 'classification', classCount: 2 }),
);
export const knownLayout = layout;

/** So many examples has a client: the weight of its update. */
function weightOf(client: number): number {
  return 1 + (client % 5);
}

/** What the client makes of the global model: half of it, and numbers of its own. */
function knownUpdate(client: number, global: Float32Array): Float32Array {
  const random = seededRandom(1, 'known update', client);
  return global.map((value) => Math.fround(value / 2 + random.float()));
}

/** The mean, by its definition, of these clients' updates from `global`. */
export function meanOf(clients: readonly number[], global: Float32Array): Float64Array {
  const mean = new Float64Array(global.length);
  const total = clients.reduce((sum, client) => sum + weightOf(client), 0);
  for (const client of clients) {
    for (const [at, value] of knownUpdate(client, global).entries()) {
      mean[at] = mean[at]! + (weightOf(client) / total) * value;
    }
  }
  return mean;
}

/** The largest difference of two lists of numbers. */
export function distance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);
}

/** The trainer of a client; `onTrain` is awaited first. */
export function knownTrainer(client: number, onTrain: () => void | Promise<void> = () => {}): Trainer {
  return {
    layout,
    initialParams: (_, out) => void out.fill(0),
    async train(params, _examples, _work, _seed, out) {
      await onTrain();
      out.set(knownUpdate(client, params));
      return { exampleCount: weightOf(client), steps: 1, loss: 1 };
    },
    async evaluate(_, { indices: { length: exampleCount } }) {
      const confusion = [exampleCount, 0, 0, 0];
      return { exampleCount, lossSum: exampleCount, absoluteErrorSum: 0, confusion };
    },
  };
}

/** As many examples as the update weighs, and two held out; they are all alike. */
export function knownData(client: number): ClientData {
  const count = weightOf(client) + 2;
  const dataset = {
    name: 'known',
    task: 'classification',
    count,
    featureShape: [7],
    features: new Float32Array(count * 7),
    labels: new Float32Array(count),
    classNames: knownTask.classNames,
  } as const;
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  return {
    train: { dataset, indices: indices.subarray(0, count - 2) },
    heldOut: { dataset, indices: indices.subarray(count - 2) },
  };
}

/** What `federation-clients.mjs` asks a module for. */
export const dataOf = knownData;

/** Trains for `trainMs`. */
export function trainerOf(client: number, { trainMs }: { readonly trainMs: number }): Trainer {
  return knownTrainer(client, () => delay(trainMs));
}
