/** Batches computed in parts are the same batches. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomExamples } from '../../test/helpers/random-examples.js';
import type { Examples } from '../data/dataset.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { dense } from './layers/dense.js';
import { dropout } from './layers/dropout.js';
import { batchNorm } from './layers/normalization.js';
import { createModel, type Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import { partSizes } from './part-runner.js';
import type { LocalWork, Trainer } from './trainer.js';

const classifier = createModel('mlp', { featureShape: [6], task: 'classification', classCount: 3 });
const work: LocalWork = {
  amount: { steps: 9 },
  batchSize: 10,
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};

let engine: Engine;
const trainers: Trainer[] = [];
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});
afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose?.();
});

function trainerOf(model: Model, on = engine): Trainer {
  const trainer = createOnnxTrainer(on, model);
  trainers.push(trainer);
  return trainer;
}

const distanceOf = (a: Float32Array, b: Float32Array) =>
  Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0));

async function trained(trainer: Trainer, examples: Examples, change: Partial<LocalWork>, corrected = false) {
  const params = new Float32Array(trainer.layout.size);
  await trainer.initialParams(1, params);
  const out = new Float32Array(params.length);
  const extras = corrected ? { correction: params.map((value) => value / 10) } : {};
  const { loss } = await trainer.train(params, examples, { ...work, ...change }, 1, out, extras);
  const moved = distanceOf(out, params);
  return { out, loss, moved };
}

/** The parts give what the whole gives, measured by how far the steps went. */
async function compare(model: Model, examples: Examples, change: Partial<LocalWork>, corrected = false) {
  const trainer = trainerOf(model);
  const whole = await trained(trainer, examples, change, corrected);
  expect(whole.moved).toBeGreaterThan(0.01);
  for (const accumulateSteps of [2, 3, 100]) {
    const parts = await trained(trainer, examples, { ...change, accumulateSteps }, corrected);
    const distance = distanceOf(parts.out, whole.out);
    expect(distance / whole.moved).toBeLessThan(1e-5);
    expect(Math.abs(parts.loss / whole.loss - 1)).toBeLessThan(1e-5);
  }
}

/** 27 examples: batches of 10, 10 and 7. */
const examples = randomExamples(seededRandom(1, 'parts'), 27, [6]);

describe('a batch in parts', () => {
  it.each<Partial<LocalWork>>([
    {},
    { weightDecay: 0.1, proximalTerm: 0.5 },
    { momentum: 0.9, gradientClippingNorm: 0.3 },
    { optimizer: { type: 'sgd', nesterov: true }, momentum: 0.5, proximalTerm: 0.5 },
    { exampleClippingNorm: 0.3 },
    { exampleClippingNorm: 0.3, momentum: 0.9 },
    { batchSize: 'full' },
  ])('is that batch, with %o', async (change) => {
    await compare(classifier, examples, change);
    await compare(classifier, examples, change, true);
  });

  it.each([{}, { exampleClippingNorm: 0.5 }])(
    'is so where the mean is over labels that count, of which a part may have none, with %o',
    async (change) => {
      const model = createModel('transformer', { featureShape: [4], task: 'next-token', classCount: 7 });
      const random = seededRandom(2, 'tokens');
      const count = 12;
      const dataset = {
        name: 'tokens',
        task: 'next-token',
        count,
        featureShape: [4],
        labelShape: [4],
        features: new Float32Array(count * 4).map(() => random.integer(7)),
        // Every third example has no label that counts.
        labels: new Float32Array(count * 4).map((_, at) =>
          Math.floor(at / 4) % 3 === 0 || random.float() < 0.3 ? -1 : random.integer(7),
        ),
        classNames: [...'abcdefg'],
      } as const;
      const indices = Uint32Array.from({ length: count }, (_, index) => index);
      await compare(model, { dataset, indices }, { ...change, batchSize: 'full', amount: { steps: 3 } });
    },
  );

  it('draws the masks of a dropout as the whole batch does', async () => {
    await compare({ ...classifier, layers: [dropout(0.4), dense(3)] }, examples, {});
  });

  it('needs no room for more than a part', async () => {
    let largest = 0;
    const counted: Engine = {
      ...engine,
      tensor(data, dims) {
        if (dims.length === 2 && dims[1] === 6) largest = Math.max(largest, dims[0] ?? 0);
        return engine.tensor(data, dims);
      },
    };
    await trained(trainerOf(classifier, counted), examples, { batchSize: 'full', accumulateSteps: 9 });
    expect(largest).toBe(3);
  });

  it('is refused where statistics are taken over the batch', async () => {
    const model: Model = { ...classifier, layers: [batchNorm(), dense(3)] };
    await expect(trained(trainerOf(model), examples, { accumulateSteps: 2 })).rejects.toThrow(
      new ConfigError(
        'accumulateSteps must be left out where statistics are taken over the batch, as "batchNorm1.runningMean" is: use layer or group normalisation instead',
      ),
    );
    await trained(trainerOf(model), examples, { accumulateSteps: 1 });
  });
});

describe('partSizes', () => {
  it('are equal but for the last, and never more parts than examples', () => {
    expect(partSizes(10, 1)).toEqual([10]);
    expect(partSizes(10, 3)).toEqual([4, 4, 2]);
    expect(partSizes(9, 3)).toEqual([3, 3, 3]);
    expect(partSizes(3, 8)).toEqual([1, 1, 1]);
  });
});
