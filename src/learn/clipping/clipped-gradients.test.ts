/** Clipping each example's gradient inside one step is the same as clipping the gradients of steps of one example. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clippedMean,
  l2,
  relativeDistance,
  singleGradients,
  stepGradient,
} from '../../../test/helpers/example-gradients.js';
import type { Examples } from '../../data/dataset.js';
import type { EngineKind } from '../../engine/engine-options.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { ConfigError } from '../../errors.js';
import { seededRandom } from '../../random.js';
import { float, int, ints } from '../attributes.js';
import type { Engine } from '../engine.js';
import type { Value } from '../graph.js';
import { relu } from '../layers/activation.js';
import { positionalEmbedding, transformerBlock } from '../layers/attention.js';
import { conv2d } from '../layers/convolution.js';
import { dense, flatten } from '../layers/dense.js';
import { embedding, tiedOutput } from '../layers/embedding.js';
import type { Layer, LayerContext } from '../layers/layer.js';
import { batchNorm, groupNorm } from '../layers/normalization.js';
import { maxPool } from '../layers/pooling.js';
import { cifg, gru, lastStep, lstm } from '../layers/recurrent.js';
import type { Model } from '../model.js';
import { createOnnxTrainer } from '../onnx-trainer.js';
import type { LocalWork, Trainer } from '../trainer.js';

/** Largest distance, relative to the norm of the gradient. */
const TOLERANCE = 1e-5;
const EXAMPLES = 6;

const engines = new Map<EngineKind, Engine>();
const trainers: Trainer[] = [];
beforeAll(async () => {
  for (const kind of ['native', 'wasm'] as const) {
    engines.set(kind, (await chooseEngine({ kind })).engine);
  }
});
afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose?.();
});

function trainerOf(model: Model, kind: EngineKind = 'native'): Trainer {
  const trainer = createOnnxTrainer(engines.get(kind) as Engine, model);
  trainers.push(trainer);
  return trainer;
}

/** Examples of very different sizes, so that a norm in the middle clips some gradients and leaves others. */
function examplesFor(model: Model, tokens = 0): Examples {
  const random = seededRandom(3, 'clipping');
  const { featureShape, labelShape = [] } = model;
  const length = featureShape.reduce((product, size) => product * size, 1);
  const labelCount = labelShape.reduce((product, size) => product * size, 1);
  const scaleOf = (index: number) => 0.3 + Math.floor(index / length) / 2;
  const dataset = {
    name: 'random',
    task: tokens > 0 ? 'next-token' : 'classification',
    count: EXAMPLES,
    featureShape,
    features: new Float32Array(EXAMPLES * length).map((_, index) =>
      tokens > 0 ? random.integer(tokens) : scaleOf(index) * random.normal(),
    ),
    labelShape,
    // Some positions do not count, and an example has none that does.
    labels: new Float32Array(EXAMPLES * labelCount).map((_, index) =>
      tokens === 0
        ? random.integer(3)
        : index >= (EXAMPLES - 1) * labelCount || random.float() < 0.3
          ? -1
          : random.integer(tokens),
    ),
    classNames: ['a', 'b', 'c'],
  } as const;
  return { dataset, indices: Uint32Array.from({ length: EXAMPLES }, (_, index) => index) };
}

/** Initial parameters, with biases that are not zero. */
function paramsOf(trainer: Trainer): Float32Array {
  const random = seededRandom(5, 'params');
  const params = new Float32Array(trainer.layout.size);
  trainer.initialParams(1, params);
  return params.map((value) => value + 0.1 * random.normal());
}

const uniform = { uniformLimit: 0.5 };
const node =
  (op: string, attributes = {}): Layer =>
  (x, { builder }) =>
    builder.node(op, [x], attributes);
/** A layer that has parameters of its own. */
const withParameters =
  (
    shapes: Readonly<Record<string, readonly number[]>>,
    build: (x: Value, parameters: Record<string, Value>, context: LayerContext) => Value,
  ): Layer =>
  (x, context) => {
    const number = context.nextOf('own');
    const parameters = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        context.parameter(`own${number}.${name}`, shape, uniform),
      ]),
    );
    return build(x, parameters, context);
  };
const constants = (context: LayerContext, values: readonly number[]) =>
  context.builder.constant('int64', [values.length], values);

const classify = (featureShape: readonly number[], layers: readonly Layer[]): Model => ({
  name: 'test',
  featureShape,
  layers: [...layers, dense(3)],
  loss: 'softmax-cross-entropy',
});

const models: Readonly<Record<string, () => Model>> = {
  'dense layers': () => classify([7], [dense(5), relu(), dense(4), node('Tanh')]),
  convolutions: () =>
    classify(
      [2, 9, 8],
      [conv2d(3, 3), groupNorm(3), maxPool(2), relu(), conv2d(4, 3, { stride: 2 }), flatten()],
    ),
  'wide convolutions, by factors': () =>
    classify([40, 2, 2], [conv2d(50, 3, { stride: 2 }), node('Tanh'), flatten()]),
  'grouped, dilated and transposed convolutions': () =>
    classify(
      [4, 9, 9],
      [
        withParameters({ w: [6, 2, 3, 3], b: [6] }, (x, { w, b }, { builder }) =>
          builder.node('Conv', [x, w!, b!], {
            group: int(2),
            dilations: ints([2, 2]),
            pads: ints([1, 0, 0, 1]),
          }),
        ),
        node('Tanh'),
        withParameters({ w: [6, 1, 2, 3], b: [2] }, (x, { w, b }, { builder }) =>
          builder.node('ConvTranspose', [x, w!, b!], { group: int(2), strides: ints([2, 1]) }),
        ),
        flatten(),
      ],
    ),
  'matrix products over time, and layer normalisation': () =>
    classify(
      [5, 4],
      [
        withParameters({ w: [4, 6], b: [6] }, (x, { w, b }, { builder }) =>
          builder.node('Add', [builder.node('MatMul', [x, w!]), b!]),
        ),
        withParameters({ scale: [6], bias: [6] }, (x, { scale, bias }, { builder }) =>
          builder.node('LayerNormalization', [x, scale!, bias!], { epsilon: float(1e-3) }),
        ),
        withParameters({ slope: [6] }, (x, { slope }, { builder }) => builder.node('PRelu', [x, slope!])),
        flatten(),
      ],
    ),
  'positions and examples merged into one axis': () =>
    classify(
      [5, 4],
      [
        (x, context) => context.builder.node('Reshape', [x, constants(context, [-1, 4])]),
        withParameters({ w: [6, 4], b: [6] }, (x, { w, b }, { builder }) =>
          builder.node('Gemm', [x, w!, b!], { transB: int(1), alpha: float(0.5), beta: float(2) }),
        ),
        withParameters({ scale: [6] }, (x, { scale }, { builder }) => builder.node('Mul', [x, scale!])),
        (x, context) => context.builder.node('Reshape', [x, constants(context, [-1, 30])]),
      ],
    ),
  'time before examples, and matrices on the left': () =>
    classify(
      [5, 4],
      [
        node('Transpose', { perm: ints([1, 0, 2]) }),
        withParameters({ w: [4, 6], u: [6], left: [3, 5] }, (x, { w, u, left }, { builder }) => {
          const y = builder.node('Mul', [builder.node('MatMul', [x, w!]), u!]);
          const examplesFirst = builder.node('Transpose', [y], { perm: ints([1, 0, 2]) });
          return builder.node('MatMul', [left!, examplesFirst]);
        }),
        flatten(),
      ],
    ),
  'a stack of matrices, a vector, and instance normalisation': () =>
    classify(
      [2, 5, 4],
      [
        withParameters({ scale: [2], bias: [2] }, (x, { scale, bias }, { builder }) =>
          builder.node('InstanceNormalization', [x, scale!, bias!]),
        ),
        withParameters({ w: [2, 4, 6], v: [6] }, (x, { w, v }, { builder }) =>
          builder.node('MatMul', [builder.node('Tanh', [builder.node('MatMul', [x, w!])]), v!]),
        ),
        flatten(),
      ],
    ),
  'the last step of a GRU': () => classify([5, 4], [gru(6), lastStep()]),
  'a transformer': () =>
    classify([5, 4], [positionalEmbedding(), transformerBlock(2, { causal: true }), flatten()]),
  'one matrix used three times, once transposed': () =>
    classify(
      [5],
      [
        withParameters({ w: [5, 5], b: [5] }, (x, { w, b }, { builder }) => {
          const once = builder.node('Tanh', [builder.node('Gemm', [x, w!, b!])]);
          const twice = builder.node('Tanh', [builder.node('Gemm', [once, w!, b!])]);
          return builder.node('Gemm', [twice, builder.node('Transpose', [w!])]);
        }),
      ],
    ),
  'parameters that are cut, joined and multiplied before examples meet them': () =>
    classify(
      [4],
      [
        withParameters({ w: [6, 4], g: [3, 1], c: [1, 4], b: [2, 2, 2] }, (x, { w, g, c, b }, context) => {
          const { builder } = context;
          const half = { dtype: 'float32', shape: [3, 4] } as const;
          const halves = constants(context, [3, 3]);
          const [top, bottom] = builder.nodes('Split', [w!, halves], { axis: int(0) }, [half, half]);
          const scaled = builder.node('Mul', [top!, builder.node('Exp', [g!])]);
          const matrix = builder.node('Concat', [scaled, bottom!, c!], { axis: int(0) });
          const turned = builder.node('Transpose', [b!], { perm: ints([2, 0, 1]) });
          const row = builder.node('Reshape', [turned, constants(context, [8])]);
          const bounds = [[1], [8], [0]].map((each) => constants(context, each));
          const bias = builder.node('Slice', [row, ...bounds]);
          return builder.node('Add', [builder.node('Gemm', [x, matrix], { transB: int(1) }), bias]);
        }),
      ],
    ),
};

/** Token by token: an embedding of 11 tokens, some of which come twice in an example, and what follows it. */
const languageModel = (head: (x: Value, table: Value, w: Value, context: LayerContext) => Value): Model => ({
  name: 'language',
  featureShape: [5],
  featureType: 'int32',
  labelShape: [5],
  layers: [
    withParameters({ table: [11, 4], w: [4, 11] }, (x, { table, w }, context) =>
      head(context.builder.node('Tanh', [context.builder.node('Gather', [table!, x])]), table!, w!, context),
    ),
  ],
  loss: 'next-token-cross-entropy',
});

/** A model of layers over the vocabulary. */
const tokenModel = (layers: readonly Layer[]): Model => ({
  ...languageModel((x) => x),
  layers: [embedding(11, 4), ...layers],
});

const languageModels: Readonly<Record<string, () => Model>> = {
  'two LSTMs': () => tokenModel([lstm(6), lstm(5), dense(11)]),
  'a coupled LSTM with a projection, and tied outputs': () =>
    tokenModel([cifg(7, { projection: 4 }), tiedOutput(11, 4)]),
  'a sequence so long that factors do not pay': () => ({
    ...tokenModel([dense(3), dense(11)]),
    featureShape: [60],
    labelShape: [60],
  }),
  'a GRU': () => tokenModel([gru(6), dense(11)]),
  'a wide LSTM, by factors': () => tokenModel([lstm(40), dense(11)]),
  'an embedding and a matrix product': () =>
    languageModel((x, _, w, { builder }) => builder.node('MatMul', [x, w])),
  'an embedding that is tied to the output': () =>
    languageModel((x, table, w, { builder }) => {
      const tied = builder.node('MatMul', [x, builder.node('Transpose', [table])]);
      return builder.node('Add', [tied, builder.node('MatMul', [x, w])]);
    }),
};

describe('clippedGradients', () => {
  it.each(Object.keys(models))('are the mean of clipped one-example gradients: %s', async (name) => {
    const model = models[name]!();
    await compare(model, examplesFor(model));
  });

  it.each(Object.keys(languageModels))(
    'are so where the mean is over labels that count, of which an example may have none: %s',
    async (name) => {
      const model = languageModels[name]!();
      await compare(model, examplesFor(model, 11));
    },
  );

  it.each(['convolutions', 'a transformer'])('are so in WebAssembly: %s', async (name) => {
    const model = models[name]!();
    await compare(model, examplesFor(model), 'wasm');
  });

  it('are so in WebAssembly: an embedding that is tied to the output', async () => {
    const model = languageModels['an embedding that is tied to the output']!();
    await compare(model, examplesFor(model, 11), 'wasm');
  });

  it.each(['dense layers', 'a transformer', 'the last step of a GRU'])(
    'are the same however many steps a call makes: %s',
    async (name) => {
      const model = models[name]!();
      const params = paramsOf(trainerOf(model));
      const work = { amount: { epochs: 5 }, batchSize: 2, learningRate: 0.1, momentum: 0, weightDecay: 0 };
      const trained = async (stepsPerCall: number) => {
        const trainer = createOnnxTrainer(engines.get('native') as Engine, model, { stepsPerCall });
        trainers.push(trainer);
        const out = new Float32Array(params.length);
        await trainer.train(params, examplesFor(model), { ...work, exampleClippingNorm: 0.5 }, 1, out);
        return out;
      };
      expect(await trained(5)).toEqual(await trained(1));
    },
  );

  it('leave a gradient of zero as it is', async () => {
    const model = classify([3], []);
    const { dataset } = examplesFor(model);
    const trainer = trainerOf({ ...model, layers: [dense(1)], loss: 'mean-squared-error' });
    const nothing = {
      dataset: { ...dataset, features: new Float32Array(9), labels: new Float32Array(3), count: 3 },
      indices: Uint32Array.of(0, 1, 2),
    };
    const params = new Float32Array(trainer.layout.size);
    expect(await stepGradient(trainer, params, nothing, { exampleClippingNorm: 1 })).toEqual(
      new Float64Array(params.length),
    );
  });

  it('enter every optimiser as any other gradient', async () => {
    const model = models['dense layers']!();
    const trainer = trainerOf(model);
    const [params, examples] = [paramsOf(trainer), examplesFor(model)];
    const change = {
      amount: { steps: 1 },
      batchSize: 'full',
      learningRate: 0.1,
      momentum: 0.9,
      weightDecay: 0.5,
    } as const;
    const trained = async (work: Partial<LocalWork>) => {
      const out = new Float32Array(params.length);
      await trainer.train(params, examples, { ...change, ...work }, 1, out);
      return out;
    };
    const plain = await trained({ momentum: 0 });
    // So large a bound clips nothing.
    expect(relativeDistance64(await trained({ momentum: 0, exampleClippingNorm: 1e6 }), plain)).toBeLessThan(
      TOLERANCE,
    );
    for (const optimizer of [{ type: 'sgd' }, { type: 'rmsprop' }] as const) {
      const free = await trained({ optimizer });
      expect(relativeDistance64(await trained({ optimizer, exampleClippingNorm: 1e6 }), free)).toBeLessThan(
        TOLERANCE,
      );
      expect(
        relativeDistance64(await trained({ optimizer, exampleClippingNorm: 1e-3 }), free),
      ).toBeGreaterThan(0.01);
    }
  });
});

const relativeDistance64 = (a: Float32Array, b: Float32Array) =>
  relativeDistance(Float64Array.from(a), Float64Array.from(b));

describe('models whose examples cannot be told apart', () => {
  const mixing: Readonly<Record<string, [Layer, RegExp]>> = {
    'statistics over the batch': [
      batchNorm(),
      /^exampleClippingNorm must be left out where statistics are taken over the batch, as "batchNorm1.runningMean" is: use layer or group normalisation instead$/,
    ],
    'a mean over the batch': [
      (x, { builder }) =>
        builder.node('Sub', [x, builder.node('ReduceMean', [x], { axes: ints([0]), keepdims: int(1) })]),
      /^exampleClippingNorm must be left out where examples mix, and ReduceMean \(.*\) is not known to keep the examples of a batch apart$/,
    ],
    'a softmax over the batch': [node('Softmax', { axis: int(0) }), /examples mix, and Softmax/],
    'products of examples with each other': [
      (x, { builder }) => {
        const all = builder.node('MatMul', [builder.node('Transpose', [x], { perm: ints([1, 0]) }), x]);
        return builder.node('MatMul', [x, all]);
      },
      /examples mix, and MatMul/,
    ],
    'an example moved to another place': [
      (x, context) => {
        const { builder } = context;
        const pads = constants(context, [1, 0, -1, 0]);
        return builder.node('Add', [x, builder.node('Pad', [x, pads], {}, x)]);
      },
      /examples mix, and Pad/,
    ],
    'an operator between parameters without a rule': [
      withParameters({ w: [3, 4] }, (x, { w }, { builder }) =>
        builder.node('Mul', [x, builder.node('ReduceSum', [w!, builder.constant('int64', [1], [0])])]),
      ),
      /^exampleClippingNorm must be left out where ReduceSum \(.*\) uses "own1.w": the gradient of each example by it is not known$/,
    ],
  };

  it.each(Object.keys(mixing))('are refused: %s', async (name) => {
    const [layer, message] = mixing[name]!;
    const model = classify([4], [layer]);
    const trainer = trainerOf(model);
    const clipped = stepGradient(trainer, paramsOf(trainer), examplesFor(model), { exampleClippingNorm: 1 });
    const error = await clipped.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });
});

async function compare(model: Model, examples: Examples, kind: EngineKind = 'native'): Promise<void> {
  const trainer = trainerOf(model, kind);
  const params = paramsOf(trainer);
  const single = await singleGradients(trainer, params, examples);
  const norms = single.map(l2).sort((a, b) => a - b);
  const least = norms[0]!;
  const middle = norms[EXAMPLES / 2 - 1]! * 1.01;
  const most = norms.at(-1)!;
  expect(most).toBeGreaterThan(middle);
  for (const norm of [most * 2, middle, (least || middle) / 10]) {
    const clipped = await stepGradient(trainer, params, examples, { exampleClippingNorm: norm });
    expect(relativeDistance(clipped, clippedMean(single, norm))).toBeLessThan(TOLERANCE);
  }
}
