/** Proximal terms and corrections, against the same steps with their gradients added by hand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepGradient } from '../../test/helpers/example-gradients.js';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ShapeError } from '../errors.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { dense } from './layers/dense.js';
import { batchNorm } from './layers/normalization.js';
import { createModel } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import type { LocalWork, Trainer } from './trainer.js';

const model = createModel('mlp', { featureShape: [6], task: 'classification', classCount: 3 });
const examples = randomExamples(seededRandom(1, 'pull'), 30, [6]);
const work: LocalWork = {
  amount: { steps: 12 },
  batchSize: 'full',
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};

let engine: Engine;
let trainer: Trainer;
let start: Float32Array;
let correction: Float32Array;
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
  trainer = createOnnxTrainer(engine, model);
  start = new Float32Array(trainer.layout.size);
  trainer.initialParams(1, start);
  const random = seededRandom(2, 'correction');
  correction = start.map(() => 0.1 * random.normal());
});
afterAll(() => trainer.dispose?.());

async function trained(change: Partial<LocalWork>, added?: Float32Array, by = trainer) {
  const out = new Float32Array(by.layout.size);
  await by.train(start, examples, { ...work, ...change }, 1, out, added ? { correction: added } : {});
  return out;
}

/** The same steps: gradients by the trainer, everything else by hand. */
async function byHand(change: Partial<LocalWork>, added?: Float32Array): Promise<Float32Array> {
  const { learningRate, momentum, weightDecay, amount, proximalTerm = 0 } = { ...work, ...change };
  const { gradientClippingNorm: bound, exampleClippingNorm } = change;
  const own = exampleClippingNorm === undefined ? {} : { exampleClippingNorm };
  const params = Float32Array.from(start);
  const velocity = new Float64Array(start.length);
  for (let step = 0; step < ('steps' in amount ? amount.steps : 0); step++) {
    const gradient = await stepGradient(trainer, params, examples, own);
    const norm = Math.hypot(...gradient);
    const factor = bound === undefined ? 1 : Math.min(1, bound / norm);
    params.forEach((value, at) => {
      const pull = proximalTerm * (value - start[at]!) + (added?.[at] ?? 0);
      velocity[at] = momentum * velocity[at]! + factor * gradient[at]! + pull + weightDecay * value;
      params[at] = value - learningRate * velocity[at]!;
    });
  }
  return params;
}

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, at) => value - b[at]!));

/** So close, measured by how far the steps went. */
const TOLERANCE = 1e-4;

const updates: readonly Partial<LocalWork>[] = [
  {},
  { weightDecay: 0.5 },
  { momentum: 0.8 },
  { momentum: 0.8, weightDecay: 0.5 },
  { gradientClippingNorm: 0.1 },
  { exampleClippingNorm: 0.5 },
];

describe('a proximal term', () => {
  it.each(updates)('adds mu times the way from the start to every gradient, with %o', async (update) => {
    const change = { ...update, proximalTerm: 2 };
    const [own, expected] = [await trained(change), await byHand(change)];
    expect(distance(own, expected)).toBeLessThan(TOLERANCE * distance(own, start));
    expect(distance(own, await trained(update))).toBeGreaterThan(0.01 * distance(own, start));
  });

  it('of 0 is none, to the last byte', async () => {
    expect(await trained({ proximalTerm: 0 })).toEqual(await trained({}));
  });

  it('leaves where they are parameters that no gradient moves', async () => {
    const change = {
      learningRate: 0.1,
      proximalTerm: 0.3,
      amount: { steps: 50 },
      gradientClippingNorm: 1e-30,
    };
    expect(distance(await trained(change), start)).toBeLessThan(1e-5 * Math.hypot(...start));
  });

  it('is the same however many steps a call makes', async () => {
    const other = createOnnxTrainer(engine, model, { stepsPerCall: 1 });
    const change = { batchSize: 6, proximalTerm: 0.5, weightDecay: 0.1 };
    expect(await trained(change, correction, other)).toEqual(await trained(change, correction));
    await other.dispose?.();
  });
});

describe('a correction', () => {
  it.each(updates)('is added to every gradient, with %o', async (update) => {
    for (const change of [update, { ...update, proximalTerm: 1 }]) {
      const [own, expected] = [await trained(change, correction), await byHand(change, correction)];
      expect(distance(own, expected)).toBeLessThan(TOLERANCE * distance(own, start));
    }
  });

  it('of zeros changes nothing', async () => {
    expect(await trained({}, new Float32Array(start.length))).toEqual(await trained({}));
  });

  it('enters Adam as a part of the gradient', async () => {
    const optimizer = { type: 'adam' } as const;
    const huge = correction.map((value) => (value < 0 ? -1e6 : 1e6));
    const change = { optimizer, amount: { steps: 1 }, learningRate: 0.01 };
    const out = await trained(change, huge);
    out.forEach((value, at) => {
      expect(value - start[at]!).toBeCloseTo(-0.01 * Math.sign(huge[at]!), 5);
    });
  });

  it('does not move running statistics', async () => {
    const normed = createOnnxTrainer(engine, { ...model, layers: [batchNorm(), dense(3)] });
    const params = new Float32Array(normed.layout.size);
    await normed.initialParams(1, params);
    const out = { with: new Float32Array(params.length), without: new Float32Array(params.length) };
    const one = { ...work, amount: { steps: 1 } };
    await normed.train(params, examples, one, 1, out.without);
    await normed.train(params, examples, { ...one, proximalTerm: 1 }, 1, out.with, {
      correction: params.map(() => 1),
    });
    for (const { name, offset, statistic } of normed.layout.entries) {
      expect([name, out.with[offset] === out.without[offset]]).toEqual([name, statistic === true]);
    }
    await normed.dispose?.();
  });

  it('must have the size of the parameters', async () => {
    const error = new ShapeError(`correction must have ${start.length} elements, got 3`);
    await expect(trained({}, new Float32Array(3))).rejects.toThrow(error);
  });
});
