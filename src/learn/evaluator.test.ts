/** Evaluation through a trainer: sums over examples, whatever the batches they are evaluated in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { createModel, type Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import type { Trainer } from './trainer.js';

const small = createModel('mlp', { featureShape: [6], task: 'classification', classCount: 3 });
const examplesOf = (count: number) => randomExamples(seededRandom(1, 'examples'), count, [6]);

let engine: Engine;
const trainers: Trainer[] = [];
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});
afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose?.();
});

function trainerOf(model: Model): Trainer {
  const trainer = createOnnxTrainer(engine, model);
  trainers.push(trainer);
  return trainer;
}

function initial(trainer: Trainer): Float32Array {
  const params = new Float32Array(trainer.layout.size);
  trainer.initialParams(1, params);
  return params;
}

describe('evaluate', () => {
  it('gives sums that parts add up to, over any number of batches', async () => {
    const trainer = trainerOf(small);
    const { dataset, indices } = examplesOf(620);
    const params = initial(trainer);
    const whole = await trainer.evaluate(params, { dataset, indices });
    const first = await trainer.evaluate(params, { dataset, indices: indices.subarray(0, 333) });
    const second = await trainer.evaluate(params, { dataset, indices: indices.subarray(333) });
    expect(whole.exampleCount).toBe(620);
    expect(whole.confusion).toEqual(
      first.confusion.map((count, cell) => count + (second.confusion[cell] ?? 0)),
    );
    expect(whole.confusion.reduce((sum, count) => sum + count, 0)).toBe(620);
    expect(whole.lossSum).toBeCloseTo(first.lossSum + second.lossSum, 2);
  });

  it('is what the outputs say: losses and predictions of a model computed by hand', async () => {
    const trainer = trainerOf(
      createModel('logistic', { featureShape: [6], task: 'classification', classCount: 3 }),
    );
    const params = initial(trainer).map((value) => 2 * value + 0.1);
    const examples = examplesOf(40);
    const expected = { lossSum: 0, confusion: new Array<number>(9).fill(0) };
    for (const [row, label] of examples.dataset.labels.entries()) {
      const features = examples.dataset.features.subarray(row * 6, row * 6 + 6);
      const logits = [0, 1, 2].map((unit) =>
        features.reduce((sum, x, input) => sum + x * params[input * 3 + unit]!, params[18 + unit]!),
      );
      expected.lossSum += Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[label]!;
      expected.confusion[label * 3 + logits.indexOf(Math.max(...logits))]! += 1;
    }
    const sums = await trainer.evaluate(params, examples);
    expect(sums.confusion).toEqual(expected.confusion);
    expect(sums.lossSum / expected.lossSum).toBeCloseTo(1, 5);
  });

  it('sums absolute errors for a regression', async () => {
    const trainer = trainerOf(
      createModel('logistic', { featureShape: [6], task: 'regression', classCount: 0 }),
    );
    const examples = examplesOf(5);
    const params = new Float32Array(7);
    params[6] = 10;
    const labels = [...examples.dataset.labels];
    const sums = await trainer.evaluate(params, examples);
    expect(sums.absoluteErrorSum).toBeCloseTo(
      labels.reduce((sum, label) => sum + 10 - label, 0),
      5,
    );
    expect(sums.confusion).toEqual([]);
  });

  it('gives empty sums for no examples', async () => {
    const trainer = trainerOf(small);
    const sums = await trainer.evaluate(initial(trainer), { ...examplesOf(3), indices: new Uint32Array(0) });
    expect(sums).toEqual({
      exampleCount: 0,
      lossSum: 0,
      absoluteErrorSum: 0,
      confusion: new Array(9).fill(0),
    });
  });
});
