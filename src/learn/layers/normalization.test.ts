/** Batch normalisation's running statistics: carried through steps, used in evaluation, moved by no optimiser. */
import { beforeAll, describe, expect, it } from 'vitest';
import { randomExamples } from '../../../test/helpers/random-examples.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { type Params, paramValues } from '../../params/layout.js';
import { seededRandom } from '../../random.js';
import { differentiate } from '../differentiate.js';
import type { Engine } from '../engine.js';
import { exportModel } from '../export-model.js';
import { createGraphBuilder, type Value } from '../graph.js';
import type { Model } from '../model.js';
import { createOnnxTrainer } from '../onnx-trainer.js';
import type { LocalOptimizer, LocalWork } from '../trainer.js';
import { dense, flatten } from './dense.js';
import type { LayerContext } from './layer.js';
import { batchNorm, batchNormalized } from './normalization.js';

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});

const plain: LocalWork = {
  amount: { steps: 1 },
  batchSize: 'full',
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};
const modelOf = (featureShape: number[], momentum = 0.1): Model => ({
  name: 'normalised',
  featureShape,
  layers: [batchNorm({ momentum }), flatten(), dense(3)],
  loss: 'softmax-cross-entropy',
});

async function trained(
  model: Model,
  examples: ReturnType<typeof randomExamples>,
  work: LocalWork,
  on: Engine = engine,
) {
  const trainer = createOnnxTrainer(on, model);
  const values = new Float32Array(trainer.layout.size);
  await trainer.initialParams(1, values);
  await trainer.train(values, examples, work, 1, values);
  await trainer.dispose?.();
  return { layout: trainer.layout, values } satisfies Params;
}

describe('running statistics', () => {
  it('start at mean 0 and variance 1, and stand in the layout as statistics', async () => {
    const trainer = createOnnxTrainer(engine, modelOf([2, 3]));
    const values = new Float32Array(trainer.layout.size).fill(7);
    await trainer.initialParams(1, values);
    expect([...values.subarray(0, 8)]).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
    expect(trainer.layout.entries.filter(({ statistic }) => statistic).map(({ name }) => name)).toEqual([
      'batchNorm1.runningMean',
      'batchNorm1.runningVariance',
    ]);
  });

  it('move by the momentum towards the mean and the sample variance of each batch', async () => {
    const examples = randomExamples(seededRandom(2), 4, [2, 3]);
    const params = await trained(modelOf([2, 3], 0.25), examples, plain);
    for (const channel of [0, 1]) {
      const seen = [...examples.dataset.features].filter((_, at) => Math.floor(at / 3) % 2 === channel);
      const mean = seen.reduce((sum, value) => sum + value, 0) / 12;
      const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 11;
      expect(paramValues(params, 'batchNorm1.runningMean')[channel]).toBeCloseTo(0.25 * mean, 6);
      expect(paramValues(params, 'batchNorm1.runningVariance')[channel]).toBeCloseTo(
        0.75 + 0.25 * variance,
        6,
      );
    }
  });

  it('stay finite where a batch holds one element a channel', async () => {
    const params = await trained(modelOf([2]), randomExamples(seededRandom(3), 1, [2]), plain);
    expect([...paramValues(params, 'batchNorm1.runningVariance')]).toEqual([
      Math.fround(0.9),
      Math.fround(0.9),
    ]);
    expect(params.values.every(Number.isFinite)).toBe(true);
  });

  const optimizers: readonly LocalOptimizer[] = [
    { type: 'sgd' },
    { type: 'sgd', nesterov: true },
    { type: 'adagrad' },
    { type: 'rmsprop' },
    { type: 'adam' },
    { type: 'adamw' },
  ];
  it.each(optimizers)('are the same under every optimiser, decay and clipping: %o', async (optimizer) => {
    const examples = randomExamples(seededRandom(4), 6, [2, 3]);
    const work = { ...plain, amount: { steps: 3 } };
    const nesterov = optimizer.type === 'sgd' && optimizer.nesterov;
    const other = {
      ...work,
      optimizer,
      momentum: nesterov ? 0.9 : 0,
      weightDecay: 0.5,
      gradientClippingNorm: 0.1,
    };
    const [expected, params] = [
      await trained(modelOf([2, 3]), examples, work),
      await trained(modelOf([2, 3]), examples, other),
    ];
    // The first layer sees the data itself: its statistics depend on no parameter.
    for (const name of ['batchNorm1.runningMean', 'batchNorm1.runningVariance']) {
      expect(paramValues(params, name)).toEqual(paramValues(expected, name));
    }
    expect(paramValues(params, 'dense1.weight')).not.toEqual(paramValues(expected, 'dense1.weight'));
  });

  it('are carried in WebAssembly too, beside what an optimiser keeps', async () => {
    const { engine: wasm } = await chooseEngine({ kind: 'wasm' });
    const examples = randomExamples(seededRandom(4), 6, [2, 3]);
    const work: LocalWork = { ...plain, amount: { steps: 3 }, optimizer: { type: 'adam' } };
    const native = await trained(modelOf([2, 3]), examples, work);
    const { values } = await trained(modelOf([2, 3]), examples, work, wasm);
    native.values.forEach((value, index) => {
      expect(values[index]).toBeCloseTo(value, 5);
    });
  });

  it('take one formula for their gradient: none passes through mean and variance by themselves', () => {
    const builder = createGraphBuilder();
    const input = (name: string, shape: readonly (number | string)[]) =>
      builder.input(name, 'float32', shape);
    const x = input('x', ['batch', 2, 3]);
    const [weight, bias] = [input('weight', [2]), input('bias', [2])];
    const running = (name: string) => ({ value: input(name, [2]), moveTo() {} });
    const context = { builder, training: true } as LayerContext;
    const statistics = { mean: running('mean'), variance: running('variance') };
    const y = batchNormalized(context, x, weight, bias, statistics, { epsilon: 1e-5, momentum: 0.1 });
    const [gradient] = differentiate(builder, [...builder.added], y, input('dy', y.shape), [x]);
    builder.output('gradient', gradient as Value);
    const ops = builder.build().nodes.map(({ op }) => op);
    // By the mean, a gradient would be negated, and what comes of it expanded to the shape of x.
    expect(ops.filter((op) => op === 'Neg' || op === 'Expand')).toEqual([]);
  });

  it('are the same with several steps a call', async () => {
    const examples = randomExamples(seededRandom(5), 20, [2, 3]);
    const [one, several] = await Promise.all(
      [1, 5].map(async (stepsPerCall) => {
        const trainer = createOnnxTrainer(engine, modelOf([2, 3]), { stepsPerCall });
        const values = new Float32Array(trainer.layout.size);
        await trainer.initialParams(1, values);
        const work = { ...plain, amount: { epochs: 2 }, batchSize: 4 };
        await trainer.train(values, examples, work, 1, values);
        await trainer.dispose?.();
        return values;
      }),
    );
    one!.forEach((value, index) => {
      expect(several![index]).toBeCloseTo(value, 5);
    });
  });

  it('take the place of the batch in evaluation and in exported files', async () => {
    const model = modelOf([2]);
    const trainer = createOnnxTrainer(engine, model);
    const examples = randomExamples(seededRandom(6), 5, [2]);
    const values = new Float32Array(trainer.layout.size);
    await trainer.initialParams(1, values);
    const params = { layout: trainer.layout, values };
    paramValues(params, 'batchNorm1.runningMean').set([1, -2]);
    paramValues(params, 'batchNorm1.runningVariance').set([4, 0.25]);
    const whole = await trainer.evaluate(values, examples);
    let apart = 0;
    for (let row = 0; row < 5; row++) {
      const one = { dataset: examples.dataset, indices: examples.indices.subarray(row, row + 1) };
      apart += (await trainer.evaluate(values, one)).lossSum;
    }
    expect(whole.lossSum).toBeCloseTo(apart, 5);
    const session = await engine.load(exportModel(model, params));
    const output = engine.tensor(new Float32Array(3), [1, 3]);
    await session.run({ features: engine.tensor(Float32Array.of(5, -3), [1, 2]) }, { output });
    const weight = paramValues(params, 'dense1.weight');
    const normal = [(5 - 1) / 2, (-3 + 2) / 0.5];
    [0, 1, 2].forEach((unit) => {
      const expected = normal[0]! * weight[unit]! + normal[1]! * weight[3 + unit]!;
      expect(output.data[unit]).toBeCloseTo(expected, 3);
    });
    await session.release();
    await trainer.dispose?.();
  });
});
