/** Gradients of whole models against central differences of the loss, parameter by parameter. */
import { expect } from 'vitest';
import type { Examples } from '../../src/data/dataset.js';
import type { Engine } from '../../src/learn/engine.js';
import { lossOf } from '../../src/learn/losses.js';
import type { Model } from '../../src/learn/model.js';
import { createOnnxTrainer } from '../../src/learn/onnx-trainer.js';
import type { Layout } from '../../src/params/layout.js';
import type { Random } from '../../src/random.js';
import { randomExamples } from './random-examples.js';

const STEP = 1 / 512;
/** Largest difference, relative to the largest element of the gradient. */
const TOLERANCE = 2e-3;
/** Elements of each parameter that are checked, drawn at random where there are more. */
const ELEMENTS = 12;

/** A step that moves the parameters by minus the gradient. */
export const WORK = {
  amount: { steps: 1 },
  batchSize: 'full',
  learningRate: 1,
  momentum: 0,
  weightDecay: 0,
} as const;

/** Checks the gradient by every parameter, on `rows` random examples with labels of `classes` classes. */
export async function checkModelGradient(
  engine: Engine,
  model: Model,
  { rows, classes }: { readonly rows: number; readonly classes: number },
  random: Random,
): Promise<void> {
  await checkGradientOn(engine, model, examplesFor(model, rows, classes, random), random);
}

/** Checks the gradient by every parameter, on these examples. */
export async function checkGradientOn(
  engine: Engine,
  model: Model,
  examples: Examples,
  random: Random,
): Promise<void> {
  const trainer = createOnnxTrainer(engine, model);
  const params = new Float32Array(trainer.layout.size).map(() => 0.5 * random.normal());
  const out = new Float32Array(params.length);
  const lossAt = async (at: Float32Array) => (await trainer.train(at, examples, WORK, 5, out)).loss;
  const centre = await lossAt(params);
  const gradient = params.map((value, index) => value - out[index]!);
  for (const { statistic, offset, length } of trainer.layout.entries) {
    if (statistic) gradient.fill(0, offset, offset + length);
  }
  const scale = gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.05);
  for (const index of drawElements(trainer.layout, random)) {
    const value = params[index]!;
    const [ahead, behind] = [params.slice(), params.slice()];
    ahead[index] = value + STEP;
    behind[index] = value - STEP;
    const forward = ((await lossAt(ahead)) - centre) / (ahead[index] - value);
    const backward = (centre - (await lossAt(behind))) / (value - behind[index]);
    const error = Math.abs(gradient[index]! - (forward + backward) / 2);
    expect(error).toBeLessThan(TOLERANCE * scale + Math.abs(forward - backward));
  }
  await trainer.dispose?.();
}

function drawElements({ entries }: Layout, random: Random): number[] {
  return entries
    .filter(({ statistic }) => !statistic)
    .flatMap(({ offset, length }) => {
      const indices = Uint32Array.from({ length }, (_, index) => offset + index);
      return [...random.shuffle(indices).subarray(0, ELEMENTS)];
    });
}

/** Normal features; labels are classes below `classes` (two for one output), or normal targets. */
export function examplesFor(model: Model, count: number, classes: number, random: Random): Examples {
  const { task } = lossOf(model.loss);
  const below = model.loss === 'binary-cross-entropy' ? 2 : classes;
  const label = task === 'regression' ? () => random.normal() : () => random.integer(below);
  return randomExamples(random, count, model.featureShape, label);
}
