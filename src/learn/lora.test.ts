/** Low-rank adapters: what they start from, what they learn, and what remains when they are merged. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clippedMean,
  l2,
  relativeDistance,
  singleGradients,
  stepGradient,
} from '../../test/helpers/example-gradients.js';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError, ShapeError } from '../errors.js';
import { createLayout, type Params, paramValues, zeros } from '../params/layout.js';
import { seededRandom } from '../random.js';
import { int, ints } from './attributes.js';
import { modelParameters } from './compile.js';
import type { Engine } from './engine.js';
import { exportModel } from './export-model.js';
import { conv2d } from './layers/convolution.js';
import { dense, flatten } from './layers/dense.js';
import type { Layer } from './layers/layer.js';
import { type LoraOptions, lora } from './lora.js';
import { createModel, type Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import { readModel } from './read-model.js';
import type { LocalWork, Trainer } from './trainer.js';

const model = createModel('2nn', { featureShape: [6], task: 'classification', classCount: 3 });
const exported = (name: string) => {
  const bytes = readFileSync(new URL(`../../test/vectors/onnx/${name}.onnx`, import.meta.url));
  return readModel(bytes, { loss: 'softmax-cross-entropy' });
};
/** The weights of its attention, of its dense layers and of its head. */
const TRANSFORMER = ['*.mix.weight', '*.out.weight', '*.up.weight', '*.down.weight', 'head.weight'];
const work: LocalWork = {
  amount: { steps: 10 },
  batchSize: 4,
  learningRate: 0.2,
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

function trainerOf(of: Model): Trainer {
  const trainer = createOnnxTrainer(engine, of);
  trainers.push(trainer);
  return trainer;
}

function initial(of: Model, spread = 0): Params {
  const { layout, initialParams } = trainerOf(of);
  const values = new Float32Array(layout.size);
  void initialParams(1, values);
  const random = seededRandom(4, 'spread');
  return { layout, values: values.map((value) => value + spread * random.normal()) };
}

const examplesFor = ({ featureShape }: Model) => randomExamples(seededRandom(1, 'lora'), 12, featureShape);
const specsOf = (of: Model) => modelParameters(of).layout.entries.map(({ name, shape }) => [name, shape]);

describe('lora', () => {
  it('has nothing but adapters in its layout, A uniform and B zero', () => {
    const tuned = lora(model, { rank: 4, targets: ['dense*.weight'] }, initial(model));
    expect(specsOf(tuned)).toEqual([
      ['dense1.weight.loraA', [4, 6]],
      ['dense1.weight.loraB', [200, 4]],
      ['dense2.weight.loraA', [4, 200]],
      ['dense2.weight.loraB', [200, 4]],
      ['dense3.weight.loraA', [4, 200]],
      ['dense3.weight.loraB', [3, 4]],
    ]);
    const adapters = initial(tuned);
    const a = paramValues(adapters, 'dense2.weight.loraA');
    const limit = 1 / Math.sqrt(200);
    expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    // The variance of 800 uniform numbers is within a tenth of limit^2 / 3 but for odds below 1 in 1000.
    const variance = a.reduce((sum, value) => sum + value * value, 0) / a.length;
    expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(0.12);
    expect(paramValues(adapters, 'dense2.weight.loraB').every((value) => value === 0)).toBe(true);
  });

  it('starts where the base is', async () => {
    const params = initial(model);
    const tuned = lora(model, { rank: 2, targets: ['dense2.weight'] }, params);
    const examples = examplesFor(model);
    expect(await trainerOf(tuned).evaluate(initial(tuned).values, examples)).toEqual(
      await trainerOf(model).evaluate(params.values, examples),
    );
    expect(tuned.merge(initial(tuned)).values).toEqual(params.values);
  });

  it('moves B by alpha / rank times the gradient by W, through A', async () => {
    const params = initial(model);
    const tuned = lora(model, { rank: 2, alpha: 6, targets: ['dense2.weight'] }, params);
    const adapters = initial(tuned);
    const examples = examplesFor(model);
    const whole = await stepGradient(trainerOf(model), params.values, examples);
    const own = await stepGradient(trainerOf(tuned), adapters.values, examples);
    const { offset = 0 } = params.layout.entries.find(({ name }) => name === 'dense2.weight') ?? {};
    const a = paramValues(adapters, 'dense2.weight.loraA');
    const byB = new Float64Array(400);
    byB.forEach((_, at) => {
      const [output, row] = [Math.floor(at / 2), at % 2];
      for (let input = 0; input < 200; input++) {
        byB[at] = byB[at]! + 3 * whole[offset + input * 200 + output]! * a[row * 200 + input]!;
      }
    });
    expect(relativeDistance(own.subarray(400), byB)).toBeLessThan(1e-5);
    // While B is zero, nothing moves A.
    expect(own.subarray(0, 400).every((value) => value === 0)).toBe(true);
  });

  const bases: Readonly<Record<string, [() => Model, LoraOptions]>> = {
    'dense layers': [() => model, { rank: 3, alpha: 5, targets: ['*.weight'] }],
    'an exported multilayer perceptron, whose weights are transposed': [
      () => exported('mlp'),
      { rank: 2, targets: ['*weight'] },
    ],
    'an exported transformer': [() => exported('transformer'), { rank: 2, alpha: 4, targets: TRANSFORMER }],
  };

  it.each(Object.keys(bases))('merges into a base that does the same: %s', async (name) => {
    const [make, options] = bases[name]!;
    const base = make();
    const params = initial(base);
    const tuned = lora(base, options, params);
    const trainer = trainerOf(tuned);
    const adapters = initial(tuned, 0.05);
    const examples = examplesFor(base);
    await trainer.train(adapters.values, examples, work, 1, adapters.values);
    const [before, after] = [
      await trainerOf(base).evaluate(params.values, examples),
      await trainer.evaluate(adapters.values, examples),
    ];
    const merged = tuned.merge(adapters);
    expect(merged.layout).toEqual(params.layout);
    const same = await trainerOf(base).evaluate(merged.values, examples);
    expect(Math.abs(same.lossSum / after.lossSum - 1)).toBeLessThan(1e-5);
    expect(Math.abs(before.lossSum / after.lossSum - 1)).toBeGreaterThan(1e-3);
    expect(exportModel(base, merged).length).toBeGreaterThan(0);
  });

  it('clips the gradients of every example by its adapters', async () => {
    for (const [base, targets] of [
      [model, ['*.weight']],
      [exported('transformer'), TRANSFORMER],
    ] as const) {
      const tuned = lora(base, { rank: 2, targets }, initial(base));
      const trainer = trainerOf(tuned);
      const adapters = initial(tuned, 0.1);
      const examples = examplesFor(base);
      const single = await singleGradients(trainer, adapters.values, examples);
      const norm = single.map(l2).sort((x, y) => x - y)[6]!;
      const clipped = await stepGradient(trainer, adapters.values, examples, { exampleClippingNorm: norm });
      expect(relativeDistance(clipped, clippedMean(single, norm))).toBeLessThan(1e-5);
    }
  });

  it('adapts a weight that is used twice once', () => {
    const shared: Layer = (x, context) => {
      const w = context.parameter('w', [6, 6], { uniformLimit: 1 });
      const { builder } = context;
      return builder.node(
        'Gemm',
        [builder.node('MatMul', [x, builder.node('Transpose', [w], { perm: ints([1, 0]) })]), w],
        {
          transB: int(1),
        },
      );
    };
    const base: Model = { ...model, layers: [shared, dense(3)] };
    const tuned = lora(base, { rank: 1, targets: ['w'] }, initial(base));
    expect(specsOf(tuned).map(([name]) => name)).toEqual(['w.loraA', 'w.loraB']);
  });

  it('refuses what cannot have adapters', () => {
    const params = initial(model);
    const make =
      (options: Partial<LoraOptions>, base = model, own = params) =>
      () =>
        lora(base, { rank: 2, targets: ['dense1.weight'], ...options }, own);
    expect(make({ rank: 0 })).toThrow(new ConfigError('rank must be a positive integer, got 0'));
    expect(make({ alpha: -1 })).toThrow(new ConfigError('alpha must be a positive finite number, got -1'));
    expect(make({ targets: ['dense7'] })).toThrow('targets must match parameters');
    expect(make({ targets: ['*.bias'] })).toThrow(
      new ConfigError(
        'targets must be matrices that Gemm or MatMul multiply with from the right, "dense1.bias" goes into Gemm',
      ),
    );
    const images: Model = { ...model, featureShape: [1, 4, 4], layers: [conv2d(2, 3), flatten(), dense(3)] };
    expect(make({ targets: ['conv1.weight'] }, images, initial(images))).toThrow(
      '"conv1.weight" goes into Conv',
    );
    const turning: Layer = (x, context) => {
      const w = context.parameter('w', [6, 6], { uniformLimit: 1 });
      const { builder } = context;
      return builder.node('MatMul', [x, builder.node('Transpose', [w], { perm: ints([1, 0]) })]);
    };
    const twoWays: Layer = (x, context) => {
      const w = context.parameter('w', [6, 6], { uniformLimit: 1 });
      const { builder } = context;
      return builder.node('MatMul', [
        builder.node('MatMul', [x, w]),
        builder.node('Transpose', [w], { perm: ints([1, 0]) }),
      ]);
    };
    const one: Model = { ...model, layers: [turning, dense(3)] };
    expect(make({ targets: ['w'] }, one, initial(one))).not.toThrow();
    const two: Model = { ...model, layers: [twoWays, dense(3)] };
    expect(make({ targets: ['w'] }, two, initial(two))).toThrow(
      new ConfigError('targets must be used one way round, "w" is used as it is and transposed'),
    );
    expect(() => lora(model, { rank: 1, targets: ['dense1.weight'] })).toThrow(
      new ConfigError('params must be given: "dense1.weight" would stay at random values without them'),
    );
    const tuned = lora(model, { rank: 1, targets: ['dense1.weight'] }, params);
    expect(() => tuned.merge(zeros(createLayout([{ name: 'w', shape: [2] }])))).toThrow(ShapeError);
  });
});
