/** Models that read tokens: loss and ranks against sums by hand, and unrolled layers against ONNX's operators. */
import { beforeAll, describe, expect, it } from 'vitest';
import { checkGradientOn } from '../../test/helpers/check-model-gradient.js';
import type { Dataset, Examples } from '../data/dataset.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ShapeError } from '../errors.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { dense } from './layers/dense.js';
import { embedding, tiedOutput } from './layers/embedding.js';
import type { Layer } from './layers/layer.js';
import { cifg, gru, lstm } from './layers/recurrent.js';
import type { Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import { createPredictor } from './predictor.js';

const VOCABULARY = 7;
const TIME = 5;
const COUNT = 6;

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine()).engine;
});

function modelOf(...layers: Layer[]): Model {
  const shape = { featureShape: [TIME], featureType: 'int32', labelShape: [TIME] } as const;
  return { name: 'test', ...shape, layers, loss: 'next-token-cross-entropy' };
}

/** Random sequences in which a fifth of the labels do not count. */
function sequences(): Examples {
  const random = seededRandom(3, 'sequences');
  const draw = (length: number, token: () => number) => Float32Array.from({ length }, token);
  const dataset: Dataset = {
    name: 'sequences',
    task: 'next-token',
    count: COUNT,
    featureShape: [TIME],
    features: draw(COUNT * TIME, () => random.integer(VOCABULARY)),
    labelShape: [TIME],
    labels: draw(COUNT * TIME, () => (random.integer(5) === 0 ? -1 : random.integer(VOCABULARY))),
    classNames: [...'abcdefg'],
  };
  return { dataset, indices: Uint32Array.from({ length: COUNT }, (_, index) => index) };
}

const still = {
  amount: { steps: 1 },
  batchSize: COUNT,
  learningRate: 0,
  momentum: 0,
  weightDecay: 0,
} as const;

describe('next-token with label smoothing', () => {
  const plain = modelOf(embedding(VOCABULARY, 4), dense(VOCABULARY));
  const smoothed: Model = { ...plain, loss: { type: 'next-token-cross-entropy', labelSmoothing: 0.3 } };

  it('has the gradient of the loss that it reports, by differences', async () => {
    await checkGradientOn(engine, smoothed, sequences(), seededRandom(6));
  });

  it('trains on another loss than without, and is evaluated by the same', async () => {
    const trainers = [plain, smoothed].map((model) => createOnnxTrainer(engine, model));
    const params = new Float32Array(trainers[0]!.layout.size);
    await trainers[0]!.initialParams(1, params);
    const examples = sequences();
    const out = params.slice();
    const losses = trainers.map(async (each) => (await each.train(params, examples, still, 1, out)).loss);
    const [one, other] = await Promise.all(losses);
    expect(Math.abs(one! - other!)).toBeGreaterThan(1e-3);
    const [expected, found] = await Promise.all(trainers.map((each) => each.evaluate(params, examples)));
    expect(found).toEqual(expected);
  });
});

describe('next-token evaluation', () => {
  it('agrees with sums over the logits by hand', async () => {
    const model = modelOf(embedding(VOCABULARY, 4), dense(VOCABULARY));
    const trainer = createOnnxTrainer(engine, model);
    const params = new Float32Array(trainer.layout.size);
    trainer.initialParams(1, params);
    const examples = sequences();
    const { features, labels } = examples.dataset;
    const predictor = await createPredictor(engine, model, params);
    expect(predictor.outputShape).toEqual([TIME, VOCABULARY]);
    const expected = { lossSum: 0, count: 0, top1: 0, top3: 0 };
    for (let row = 0; row < COUNT; row++) {
      const logits = await predictor.predict(features.subarray(row * TIME, (row + 1) * TIME));
      for (let time = 0; time < TIME; time++) {
        const label = labels[row * TIME + time] as number;
        if (label < 0) continue;
        const own = logits.subarray(time * VOCABULARY, (time + 1) * VOCABULARY);
        const rank = own.filter((logit) => logit > (own[label] as number)).length;
        expected.lossSum += Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - own[label]!;
        expected.count += 1;
        expected.top1 += Number(rank < 1);
        expected.top3 += Number(rank < 3);
      }
    }
    const { lossSum, tokens, confusion, exampleCount } = await trainer.evaluate(params, examples);
    expect(tokens).toEqual({ count: expected.count, top1: expected.top1, top3: expected.top3 });
    expect(expected.count).toBeLessThan(COUNT * TIME);
    expect(lossSum).toBeCloseTo(expected.lossSum, 3);
    expect({ confusion, exampleCount }).toEqual({ confusion: [], exampleCount: COUNT });
  });

  it.each<[string, Layer[]]>([
    ['LSTM', [lstm(6), lstm(5), dense(VOCABULARY)]],
    ['GRU', [gru(6), gru(5), dense(VOCABULARY)]],
    ['coupled LSTM with tied outputs', [cifg(6, { projection: 4 }), tiedOutput(VOCABULARY, 4)]],
    ['coupled LSTM', [cifg(6), dense(VOCABULARY)]],
  ])('gives the loss that training reports, with an %s', async (_, layers) => {
    const trainer = createOnnxTrainer(engine, modelOf(embedding(VOCABULARY, 4), ...layers));
    const params = new Float32Array(trainer.layout.size);
    trainer.initialParams(2, params);
    const examples = sequences();
    const { loss } = await trainer.train(params, examples, still, 1, new Float32Array(params.length));
    const { lossSum, tokens } = await trainer.evaluate(params, examples);
    expect(Math.abs(loss / (lossSum / tokens!.count) - 1)).toBeLessThan(1e-5);
  });

  it('learns a sequence by heart, and a step with no label that counts changes nothing', async () => {
    const trainer = createOnnxTrainer(engine, modelOf(embedding(VOCABULARY, 8), lstm(16), dense(VOCABULARY)));
    const params = new Float32Array(trainer.layout.size);
    const trained = new Float32Array(params.length);
    trainer.initialParams(2, params);
    const { dataset, indices } = sequences();
    const one = { dataset, indices: indices.subarray(0, 1) };
    const work = { ...still, batchSize: 1, amount: { steps: 60 }, learningRate: 1 };
    await trainer.train(params, one, work, 1, trained);
    const { tokens } = await trainer.evaluate(trained, one);
    expect(tokens!.top1).toBe(tokens!.count);
    const mute = { dataset: { ...dataset, labels: dataset.labels.map(() => -1) }, indices };
    const result = await trainer.train(trained, mute, { ...work, amount: { steps: 3 } }, 1, params);
    expect(result.loss).toBe(0);
    expect(params).toEqual(trained);
  });

  it('refuses examples with another number of labels', async () => {
    const trainer = createOnnxTrainer(engine, modelOf(embedding(VOCABULARY, 4), dense(VOCABULARY)));
    const { dataset, indices } = sequences();
    const wrong = { dataset: { ...dataset, labelShape: [1] }, indices };
    const params = new Float32Array(trainer.layout.size);
    await expect(trainer.train(params, wrong, still, 1, params)).rejects.toThrow(
      new ShapeError('examples must have 5 labels each for this model, got 1'),
    );
  });
});
