/** The trainer as its callers see it: what depends on what, and what it keeps. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomExamples } from '../../test/helpers/random-examples.js';
import type { Examples } from '../data/dataset.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError, ShapeError } from '../errors.js';
import { paramValues } from '../params/layout.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { dense } from './layers/dense.js';
import { dropout } from './layers/dropout.js';
import { createModel, type Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import type { LocalWork, Trainer } from './trainer.js';

const work: LocalWork = {
  amount: { epochs: 2 },
  batchSize: 4,
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};

const small = createModel('mlp', { featureShape: [6], task: 'classification', classCount: 3 });

let engine: Engine;
const trainers: Trainer[] = [];
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});
afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose?.();
});

function trainerOf(model: Model, stepsPerCall?: number, on = engine): Trainer {
  const trainer = createOnnxTrainer(on, model, stepsPerCall ? { stepsPerCall } : {});
  trainers.push(trainer);
  return trainer;
}

const examplesOf = (count: number, featureShape: readonly number[] = [6]) =>
  randomExamples(seededRandom(1, 'examples'), count, featureShape);

function initial(trainer: Trainer, seed = 1): Float32Array {
  const params = new Float32Array(trainer.layout.size);
  trainer.initialParams(seed, params);
  return params;
}

async function trained(trainer: Trainer, examples: Examples, change: Partial<LocalWork> = {}, seed = 1) {
  const out = new Float32Array(trainer.layout.size);
  const result = await trainer.train(initial(trainer), examples, { ...work, ...change }, seed, out);
  return { out, result };
}

describe('initialParams', () => {
  it('are those recorded for seed 1', () => {
    const params = initial(
      trainerOf(createModel('mlp', { ...small, task: 'classification', classCount: 10 })),
    );
    const checksum = createHash('sha256').update(new Uint8Array(params.buffer)).digest('hex');
    expect(checksum).toBe('a63fb36b4c5e2305c34e591fc346818f8f0000a5963ce20b1c6b6016ba402155');
  });

  it('are Glorot-uniform, with biases at zero', () => {
    const trainer = trainerOf(
      createModel('mlp', { featureShape: [784], task: 'classification', classCount: 10 }),
    );
    const params = { layout: trainer.layout, values: initial(trainer) };
    const limit = Math.sqrt(6 / (784 + 128));
    const weight = paramValues(params, 'dense1.weight');
    const mean = weight.reduce((sum, value) => sum + value, 0) / weight.length;
    const variance = weight.reduce((sum, value) => sum + value * value, 0) / weight.length;
    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    expect(Math.abs(mean)).toBeLessThan(0.02 * limit);
    expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 1);
    expect(paramValues(params, 'dense1.bias').every((value) => Object.is(value, 0))).toBe(true);
  });

  it('differ from seed to seed', () => {
    const trainer = trainerOf(small);
    expect(initial(trainer, 1)).not.toEqual(initial(trainer, 2));
  });
});

describe('train', () => {
  it('gives the same bytes for the same seed, also in another trainer, and others for another seed', async () => {
    const examples = examplesOf(23);
    const first = await trained(trainerOf(small), examples, { momentum: 0.5 });
    const trainer = trainerOf(small);
    await trained(trainer, examplesOf(9), { momentum: 0.5 }, 7);
    expect(await trained(trainer, examples, { momentum: 0.5 })).toEqual(first);
    expect((await trained(trainer, examples, { momentum: 0.5 }, 2)).out).not.toEqual(first.out);
  });

  it.each([
    { momentum: 0, weightDecay: 0 },
    { momentum: 0.9, weightDecay: 0 },
    { momentum: 0, weightDecay: 0.01 },
    { momentum: 0.9, weightDecay: 0.01 },
  ])('gives the same result however many steps a call makes, with %o', async (change) => {
    const examples = examplesOf(30);
    const one = await trained(trainerOf(small, 1), examples, change);
    for (const stepsPerCall of [2, 5, 10]) {
      const several = await trained(trainerOf(small, stepsPerCall), examples, change);
      expect(several.out).toEqual(one.out);
      expect(several.result.loss).toBeCloseTo(one.result.loss, 6);
    }
  });

  it('reports examples, steps and the mean loss of the steps', async () => {
    const trainer = trainerOf(small);
    const examples = examplesOf(3);
    const change = { learningRate: 0, batchSize: 2, amount: { epochs: 1 } };
    const { result } = await trained(trainer, examples, change);
    expect(result).toMatchObject({ exampleCount: 3, steps: 2 });
    // One of the three examples is a step of its own, which counts as much as that of the other two.
    const losses = await lossesOf(trainer, examples);
    const sum = losses.reduce((total, loss) => total + loss, 0);
    const means = losses.map((alone) => ((sum - alone) / 2 + alone) / 2);
    expect(Math.min(...means.map((mean) => Math.abs(mean - result.loss)))).toBeLessThan(1e-6);
    expect(result.loss).not.toBeCloseTo(sum / 3, 4);
  });

  it('leaves the parameters it starts from as they were, or overwrites them when asked to', async () => {
    const trainer = trainerOf(small);
    const params = initial(trainer);
    const { out } = await trained(trainer, examplesOf(9));
    expect(params).toEqual(initial(trainer));
    await trainer.train(params, examplesOf(9), work, 1, params);
    expect(params).toEqual(out);
  });

  it('starts from rest in every call', async () => {
    const trainer = trainerOf(small);
    const first = await trained(trainer, examplesOf(9), { momentum: 0.9 });
    expect(await trained(trainer, examplesOf(9), { momentum: 0.9 })).toEqual(first);
  });

  it('takes examples of another shape with as many elements, and no others', async () => {
    const trainer = trainerOf(small);
    await trained(trainer, examplesOf(4, [2, 3]));
    const error = new ShapeError('examples must have 6 elements for this model, got 7');
    await expect(trained(trainer, examplesOf(4, [7]))).rejects.toThrow(error);
    await expect(trainer.evaluate(initial(trainer), examplesOf(4, [7]))).rejects.toThrow(error);
  });

  it('refuses work that is out of its ranges', async () => {
    await expect(trained(trainerOf(small), examplesOf(4), { momentum: 1 })).rejects.toThrow(ConfigError);
  });

  it('works again after it was disposed of', async () => {
    const trainer = trainerOf(small);
    const before = await trained(trainer, examplesOf(9));
    await trainer.evaluate(before.out, examplesOf(9));
    await trainer.dispose?.();
    expect(await trained(trainer, examplesOf(9))).toEqual(before);
  });

  it('does not grow with the number of clients of different sizes', async () => {
    const counted = countingEngine();
    const trainer = trainerOf(small, 5, counted.engine);
    const serve = async (count: number) => {
      await trained(trainer, examplesOf(count));
      await trained(trainer, examplesOf(count), { batchSize: 'full', amount: { steps: 6 } });
      await trainer.evaluate(initial(trainer), examplesOf(count));
    };
    await serve(40);
    const { loads, bytes } = counted.used();
    for (let count = 1; count < 40; count++) await serve(count);
    expect(loads).toBe(3);
    expect(counted.used().loads).toBe(loads);
    // Every binding has five scalars of its own.
    expect(counted.used().bytes - bytes).toBeLessThan(40 * 100);
  });

  it('keeps the tensors of the latest sizes, and only of those', async () => {
    const counted = countingEngine();
    const trainer = trainerOf(small, 1, counted.engine);
    const made = async (count: number) => {
      const before = counted.used().tensors;
      await trained(trainer, examplesOf(count), { batchSize: 'full' });
      return counted.used().tensors - before;
    };
    await made(20);
    expect(await made(19)).toBeGreaterThan(0);
    expect(await made(19)).toBe(0);
    for (let count = 1; count < 15; count++) await made(count);
    expect(await made(19)).toBeGreaterThan(0);
  });
});

describe('dropout', () => {
  const wide: Model = {
    name: 'wide',
    featureShape: [4000],
    layers: [dropout(0.4), dense(1)],
    loss: 'mean-squared-error',
  };
  const examples: Examples = {
    dataset: {
      name: 'ones',
      task: 'regression',
      count: 1,
      featureShape: [4000],
      features: new Float32Array(4000).fill(1),
      labels: Float32Array.of(0),
      classNames: [],
    },
    indices: Uint32Array.of(0),
  };

  it('drops elements while training, keeps their mean, and does nothing while evaluating', async () => {
    const trainer = trainerOf(wide);
    const params = new Float32Array(4001).fill(1 / 4000);
    params[4000] = 0;
    const lossOf = async (seed: number) => {
      const out = new Float32Array(4001);
      return (await trainer.train(params, examples, { ...work, amount: { steps: 1 } }, seed, out)).loss;
    };
    const losses = [await lossOf(1), await lossOf(2), await lossOf(3)];
    // The output is the mean of the mask: 1, with a standard deviation of sqrt(0.4 / 0.6 / 4000) = 0.013.
    for (const loss of losses) expect(Math.abs(Math.sqrt(loss) - 1)).toBeLessThan(5 * 0.013);
    expect(new Set(losses).size).toBe(3);
    expect(await lossOf(1)).toBe(losses[0]);
    expect((await trainer.evaluate(params, examples)).lossSum).toBeCloseTo(1, 4);
  });

  it('draws the same masks however many steps a call makes', async () => {
    const steps = { amount: { steps: 10 }, batchSize: 1, learningRate: 1e-3 };
    const two = { ...examples, indices: Uint32Array.of(0, 0) };
    const one = await trained(trainerOf(wide, 1), two, steps);
    expect((await trained(trainerOf(wide, 5), two, steps)).out).toEqual(one.out);
  });
});

/** The loss of each example under the initial parameters. */
async function lossesOf(trainer: Trainer, { dataset, indices }: Examples): Promise<number[]> {
  const losses: number[] = [];
  for (const index of indices) {
    const sums = await trainer.evaluate(initial(trainer), { dataset, indices: Uint32Array.of(index) });
    losses.push(sums.lossSum);
  }
  return losses;
}

/** The engine, counting loaded graphs, tensors, and the bytes of all arrays that became tensors. */
function countingEngine() {
  let loads = 0;
  let tensors = 0;
  const buffers = new Set<ArrayBufferLike>();
  const counted: Engine = {
    ...engine,
    load(onnx) {
      loads++;
      return engine.load(onnx);
    },
    tensor(data, dims) {
      tensors++;
      buffers.add(data.buffer);
      return engine.tensor(data, dims);
    },
  };
  const used = () => ({
    loads,
    tensors,
    bytes: [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0),
  });
  return { engine: counted, used };
}
