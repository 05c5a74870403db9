/**
 * Gradients of every layer and loss against central differences of the loss.
 *
 * A step of plain SGD with learning rate 1 gives both: the parameters move by minus the gradient, and the loss
 * before the step is reported. Everything is float32: a loss near 1 carries an error of about 1e-7, which a
 * difference over 2 steps of 1/512 turns into 3e-5; the curvature of these losses adds about the step squared. Where a step
 * crosses a kink (relu, max-pool), the differences to either side disagree; by how much is allowed on top.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkModelGradient, examplesFor, WORK } from '../../../test/helpers/check-model-gradient.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { seededRandom } from '../../random.js';
import { int } from '../attributes.js';
import type { Engine } from '../engine.js';
import { relu } from '../layers/activation.js';
import { conv2d } from '../layers/convolution.js';
import { dense, flatten } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import type { Layer } from '../layers/layer.js';
import { maxPool } from '../layers/pooling.js';
import type { LossSpec } from '../losses.js';
import { createOnnxTrainer } from '../onnx-trainer.js';

const RUNS = 6;

const sigmoid: Layer = (input, { builder }) => builder.node('Sigmoid', [input]);

/** Adds or multiplies by a parameter that is broadcast over the axes it lacks, or has as size 1. */
const broadcast =
  (op: 'Add' | 'Mul', shape: readonly number[]): Layer =>
  (input, context) => {
    const name = `${op.toLowerCase()}${context.nextOf(op)}`;
    return context.builder.node(op, [input, context.parameter(name, shape, 'zeros')]);
  };

/** A matrix product by a product of two parameters, either of them transposed. */
const product =
  (units: number, transA: number, transB: number): Layer =>
  (input, context) => {
    const inputs = Number(input.shape[1]);
    const left = context.parameter('left', transA ? [2, inputs] : [inputs, 2], 'zeros');
    const right = context.parameter('right', transB ? [units, 2] : [2, units], 'zeros');
    const attributes = { transA: int(transA), transB: int(transB) };
    return context.builder.node('Gemm', [input, context.builder.node('Gemm', [left, right], attributes)]);
  };

/** Uses what comes in twice: as it is, and squared. */
const twice: Layer = (input, { builder }) => {
  const square = builder.node('Mul', [input, input]);
  return builder.node('Add', [input, square]);
};

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine()).engine;
});

interface Sizes {
  readonly rows: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly units: number;
}

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  channels: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 5, max: 8 }),
  width: fc.integer({ min: 5, max: 8 }),
  units: fc.integer({ min: 1, max: 4 }),
});

type Case = readonly [name: string, layers: (sizes: Sizes) => Layer[], loss?: LossSpec];

const vectors: readonly Case[] = [
  ['dense', ({ units }) => [dense(units)]],
  ['relu', ({ units }) => [dense(6), relu(), dense(units)]],
  ['sigmoid', ({ units }) => [dense(4), sigmoid, dense(units)]],
  ['dropout', ({ units }) => [dense(6), dropout(0.4), dense(units), dropout(0.2)]],
  ['a sum with a vector', ({ units }) => [dense(units), broadcast('Add', [units])]],
  ['a sum with a scalar', ({ units }) => [dense(3), broadcast('Add', []), sigmoid, dense(units)]],
  ['a product with a row', ({ units }) => [dense(3), broadcast('Mul', [1, 3]), dense(units)]],
  ['a product with one element', ({ units }) => [dense(3), broadcast('Mul', [1]), dense(units)]],
  ['a value that is used twice', ({ units }) => [dense(3), sigmoid, twice, dense(units)]],
  ...[0, 1].flatMap((transA) =>
    [0, 1].map(
      (transB): Case => [
        `a matrix product, transposed ${transA} and ${transB}`,
        ({ units }) => [product(units, transA, transB)],
      ],
    ),
  ),
  ['binary cross-entropy', () => [dense(1)], 'binary-cross-entropy'],
  ['mean squared error', () => [dense(3), sigmoid, dense(1)], 'mean-squared-error'],
  ['mean absolute error', () => [dense(3), sigmoid, dense(1)], 'mean-absolute-error'],
  ['the Huber loss', () => [dense(3), sigmoid, dense(1)], { type: 'huber', delta: 0.7 }],
  [
    'cross-entropy with label smoothing',
    ({ units }) => [dense(units)],
    { type: 'softmax-cross-entropy', labelSmoothing: 0.3 },
  ],
  [
    'cross-entropy with an ignored label',
    ({ units }) => [dense(units)],
    { type: 'softmax-cross-entropy', labelSmoothing: 0.1, ignoredLabel: 1 },
  ],
];

const images: readonly Case[] = [
  ['conv2d', ({ units }) => [conv2d(2, 3), flatten(), dense(units)]],
  ['conv2d by its input', ({ units }) => [conv2d(2, 3), conv2d(3, 3), flatten(), dense(units)]],
  [
    'conv2d with stride 2',
    ({ units }) => [conv2d(2, 3, { stride: 2 }), conv2d(2, 3, { stride: 2 }), flatten(), dense(units)],
  ],
  [
    'conv2d with stride 2, valid',
    ({ units }) => [
      conv2d(2, 2, { padding: 'valid' }),
      conv2d(3, 3, { padding: 'valid', stride: 2 }),
      flatten(),
      dense(units),
    ],
  ],
  ['conv2d of single pixels', ({ units }) => [conv2d(3, 1), conv2d(2, 1), flatten(), dense(units)]],
  ['max-pool', ({ units }) => [conv2d(2, 3), maxPool(2), flatten(), dense(units)]],
  ['max-pool of windows of 3', ({ units }) => [conv2d(2, 3), maxPool(3), flatten(), dense(units)]],
  ['relu after max-pool', ({ units }) => [conv2d(2, 3), maxPool(2), relu(), flatten(), dense(units)]],
  [
    'a sum with a channel',
    ({ units }) => [conv2d(2, 1), broadcast('Add', [2, 1, 1]), flatten(), dense(units)],
  ],
];

describe.each([
  { shape: 'vectors', cases: vectors, featureShape: ({ height }: Sizes) => [height] },
  {
    shape: 'images',
    cases: images,
    featureShape: ({ channels, height, width }: Sizes) => [channels, height, width],
  },
])('the gradient, on $shape, of', ({ cases, featureShape }) => {
  it.each(cases.map(([name, layers, loss]) => ({ name, layers, loss })))(
    '$name agrees with differences of the loss',
    async ({ layers, loss = 'softmax-cross-entropy' }) => {
      await fc.assert(
        fc.asyncProperty(sizes, fc.integer({ min: 0, max: 1000 }), async (size, seed) => {
          const model = { name: 'test', featureShape: featureShape(size), layers: layers(size), loss };
          await checkModelGradient(
            engine,
            model,
            { rows: size.rows, classes: size.units },
            seededRandom(seed),
          );
        }),
        { seed: 4, numRuns: RUNS },
      );
    },
  );
});

it('shares the gradient of a window between elements that are equally large', async () => {
  const layers = [broadcast('Add', [1, 2, 2]), maxPool(2), flatten(), dense(1)];
  const model = { name: 'ties', featureShape: [1, 2, 2], layers, loss: 'mean-squared-error' } as const;
  const trainer = createOnnxTrainer(engine, model);
  const examples = examplesFor(model, 1, 1, seededRandom(1));
  examples.dataset.features.set([3, 3, 1, 3]);
  examples.dataset.labels[0] = 0;
  const params = Float32Array.of(0, 0, 0, 0, 1, 0);
  const out = new Float32Array(params.length);
  await trainer.train(params, examples, WORK, 0, out);
  expect([...out.subarray(0, 4)]).toEqual([-2, -2, 0, -2]);
  await trainer.dispose?.();
});
