/** Twenty training steps of every model follow the numbers that PyTorch recorded in test/vectors/training. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, Examples } from '../../src/data/dataset.js';
import { chooseEngine, type EngineKind } from '../../src/engine/onnx-runtime.js';
import { modelParameters } from '../../src/learn/compile.js';
import type { Engine } from '../../src/learn/engine.js';
import { gelu, hardSwish, leakyRelu, silu, tanh } from '../../src/learn/layers/activation.js';
import { positionalEmbedding, transformerBlock } from '../../src/learn/layers/attention.js';
import { conv1d, conv2d } from '../../src/learn/layers/convolution.js';
import { dense, flatten } from '../../src/learn/layers/dense.js';
import { embedding, tiedOutput } from '../../src/learn/layers/embedding.js';
import type { Layer } from '../../src/learn/layers/layer.js';
import { batchNorm, groupNorm, instanceNorm, layerNorm } from '../../src/learn/layers/normalization.js';
import { averagePool, globalAveragePool, maxPool } from '../../src/learn/layers/pooling.js';
import { cifg, gru, lstm } from '../../src/learn/layers/recurrent.js';
import { createModel, type Model } from '../../src/learn/model.js';
import { createOnnxTrainer } from '../../src/learn/onnx-trainer.js';
import { bindSteps, loadSteps } from '../../src/learn/step-runner.js';
import { createStatePair } from '../../src/learn/step-state.js';
import { createRowBuffers } from '../../src/learn/tensors.js';
import type { LocalOptimizer, LocalWork } from '../../src/learn/trainer.js';
import { updateKindOf } from '../../src/learn/update-kind.js';
import { seededRandom } from '../../src/random.js';
import {
  readTrainingVector,
  type TrainingVector,
  vectorInput,
  vectorLabels,
  vectorParameter,
  vectorTargets,
  vectorTokens,
} from '../helpers/vector-data.js';

const STEPS = 20;
const ALL_STEPS = Array.from({ length: STEPS }, (_, step) => step);
/** Largest relative difference to the recorded numbers. */
const TOLERANCE = 1e-4;

const VOCABULARY = 40;
const image = { featureShape: [1, 28, 28], task: 'classification', classCount: 10 } as const;
const normLayers = [
  conv2d(8, 3, { bias: false }),
  groupNorm(4),
  gelu(),
  averagePool(2),
  conv2d(8, 3, { groups: 2 }),
  layerNorm(),
  silu(),
  conv2d(8, 3, { groups: 8, dilation: 2, bias: false }),
  instanceNorm(),
  hardSwish(),
  globalAveragePool(),
  dense(10),
];
const sequenceLayers = [
  conv1d(8, 5, { stride: 2, bias: false }),
  batchNorm(),
  leakyRelu(0.1),
  conv1d(12, 3, { groups: 2, dilation: 2 }),
  maxPool(3, { stride: 2, padding: 1 }),
  averagePool(2, { stride: 1 }),
  tanh(),
  dense(6),
  positionalEmbedding(),
  transformerBlock(2, { hidden: 10 }),
  flatten(),
  dense(10),
];
const models: Readonly<Record<string, () => Model>> = {
  logistic: () => createModel('logistic', image),
  mlp: () => createModel('mlp', image),
  '2nn': () => createModel('2nn', image),
  cnn: () => createModel('cnn', image),
  linear: () => createModel('logistic', { featureShape: [13], task: 'regression', classCount: 0 }),
  binary: () => ({ name: 'binary', featureShape: [13], layers: [dense(1)], loss: 'binary-cross-entropy' }),
  lenet: () => createModel('lenet', image),
  resnet8: () => createModel('resnet8', { ...image, featureShape: [3, 12, 12] }),
  norms: () => ({
    name: 'norms',
    featureShape: [2, 10, 10],
    layers: normLayers,
    loss: 'softmax-cross-entropy',
  }),
  sequence: () => ({
    name: 'sequence',
    featureShape: [3, 30],
    layers: sequenceLayers,
    loss: 'softmax-cross-entropy',
  }),
  transformer: () =>
    createModel('transformer', { featureShape: [12], task: 'next-token', classCount: VOCABULARY }),
  lstm: () => languageModel([embedding(VOCABULARY, 8), lstm(16), lstm(16), dense(VOCABULARY)]),
  gru: () => languageModel([embedding(VOCABULARY, 8), gru(16), dense(VOCABULARY)]),
  cifg: () =>
    languageModel([embedding(VOCABULARY, 12), cifg(16, { projection: 12 }), tiedOutput(VOCABULARY, 12)]),
};

function languageModel(layers: readonly Layer[]): Model {
  return {
    name: 'language',
    featureShape: [12],
    featureType: 'int32',
    labelShape: [12],
    layers,
    loss: 'next-token-cross-entropy',
  };
}

const engines = new Map<EngineKind, Engine>();
beforeAll(async () => {
  for (const kind of ['native', 'wasm'] as const) engines.set(kind, (await chooseEngine({ kind })).engine);
});

const everything = ['logistic', 'mlp', '2nn', 'cnn', 'linear', 'binary'];
const updates = ['mlp-momentum', 'mlp-weight-decay', 'mlp-momentum-weight-decay'];
const optimizers = ['nesterov', 'adagrad', 'rmsprop', 'rmsprop-momentum', 'adam', 'adamw'].map(
  (name) => `mlp-${name}`,
);
const clipped = ['mlp-clipped', 'mlp-clipped-momentum'];
const transformers = ['transformer', 'transformer-clipped-momentum'];
const networks = ['lenet', 'resnet8', 'norms', 'sequence', ...transformers, 'lstm', 'gru', 'cifg'];

describe.each([
  ...[...everything, ...updates, ...optimizers, ...clipped, ...networks].flatMap((name) => [
    { name, kind: 'native', stepsPerCall: 1 } as const,
    { name, kind: 'native', stepsPerCall: 5 } as const,
  ]),
  ...networks.flatMap((name) => [
    { name, kind: 'wasm', stepsPerCall: 1 } as const,
    { name, kind: 'wasm', stepsPerCall: 5 } as const,
  ]),
  { name: 'mlp', kind: 'wasm', stepsPerCall: 1 } as const,
  { name: 'mlp', kind: 'wasm', stepsPerCall: 5 } as const,
  { name: 'mlp-adam', kind: 'wasm', stepsPerCall: 5 } as const,
  { name: 'cnn', kind: 'wasm', stepsPerCall: 1 } as const,
])('$name on the $kind engine, $stepsPerCall steps a call', ({ name, kind, stepsPerCall }) => {
  const vector = readTrainingVector(name);
  let result: Awaited<ReturnType<typeof trainInOrder>>;
  beforeAll(async () => {
    result = await trainInOrder(engines.get(kind) as Engine, vector, stepsPerCall);
  });

  it('has the recorded losses', () => {
    expect(result.losses).toHaveLength(STEPS / stepsPerCall);
    result.losses.forEach((loss, call) => {
      const recorded = vector.losses.slice(call * stepsPerCall, (call + 1) * stepsPerCall);
      const expected = recorded.reduce((sum, value) => sum + value, 0) / stepsPerCall;
      expect(Math.abs(loss / expected - 1)).toBeLessThan(TOLERANCE);
    });
  });

  it('has the recorded loss in evaluation', () => {
    expect(Math.abs(result.evaluated / vector.evaluation.loss - 1)).toBeLessThan(TOLERANCE);
  });

  it.each(vector.parameters.map((parameter, index) => ({ ...parameter, index })))(
    'ends with the recorded $name',
    ({ name: parameter, shape, index, norm, changeNorm, sum, first }) => {
      const entry = result.layout.entries[index];
      expect(entry).toMatchObject({ name: parameter, shape });
      const { offset = 0, length = 0 } = entry ?? {};
      const final = result.params.subarray(offset, offset + length);
      const change = result.initial.subarray(offset, offset + length).map((value, at) => final[at]! - value);
      expect(Math.abs(l2(final) - norm)).toBeLessThan(TOLERANCE * norm);
      // Beside values near 1, small changes are rounded.
      expect(Math.abs(l2(change) - changeNorm)).toBeLessThan(TOLERANCE * changeNorm + 3e-7 * norm);
      const typical = norm / Math.sqrt(length);
      expect(Math.abs(final.reduce((total, value) => total + value, 0) - sum)).toBeLessThan(
        TOLERANCE * typical * length,
      );
      first.forEach((value, at) => {
        expect(Math.abs(final[at]! - value)).toBeLessThan(TOLERANCE * Math.max(typical, Math.abs(value)));
      });
    },
  );
});

describe('a trainer, called once for every batch', () => {
  const vector = readTrainingVector('mlp-weight-decay');

  it('has the recorded losses', async () => {
    const trainer = createOnnxTrainer(engines.get('native') as Engine, models.mlp!());
    const { dataset, indices: all } = vectorExamples(vector);
    const { batchSize } = vector;
    const work = { ...workOf(vector), batchSize: 'full' } as const;
    const params = initialParams(vector);
    for (let step = 0; step < STEPS; step++) {
      const indices = all.subarray(step * batchSize, (step + 1) * batchSize);
      const { loss } = await trainer.train(params, { dataset, indices }, work, step, params);
      expect(Math.abs(loss / vector.losses[step]! - 1)).toBeLessThan(TOLERANCE);
    }
    await trainer.dispose?.();
  });
});

/** All steps on the batches in their order, momentum carried through, which `Trainer.train` would shuffle. */
async function trainInOrder(engine: Engine, vector: TrainingVector, stepsPerCall: number) {
  const { batchSize } = vector;
  const work = workOf(vector);
  const model = models[vector.model]!();
  const { layout } = modelParameters(model);
  const update = updateKindOf(work);
  const loaded = await loadSteps(engine, model, update, stepsPerCall, stepsPerCall === 1 ? null : batchSize);
  const pair = createStatePair(layout, update);
  const buffers = createRowBuffers(engine, model, batchSize * stepsPerCall);
  const runner = bindSteps(engine, layout, loaded, pair, batchSize, buffers);
  const initial = initialParams(vector);
  pair.current().params.set(initial);
  const examples = vectorExamples(vector);
  const random = seededRandom(0);
  const losses: number[] = [];
  for (let at = 0; at < examples.indices.length; at += batchSize * stepsPerCall) {
    const sum = await runner.run(examples, examples.indices, at, work, random);
    losses.push(sum / stepsPerCall);
  }
  await loaded.session.release();
  const trainer = createOnnxTrainer(engine, model);
  const { batch } = vector.evaluation;
  const sums = await trainer.evaluate(pair.current().params, vectorExamples(vector, [batch]));
  await trainer.dispose?.();
  const evaluated = sums.lossSum / (sums.tokens?.count ?? sums.exampleCount);
  return { layout, initial, params: pair.current().params, losses, evaluated };
}

/** Steps as the vector had them. */
function workOf(vector: TrainingVector): LocalWork {
  const { batchSize, learningRate, momentum, weightDecay, optimizer, gradientClippingNorm } = vector;
  const settings: LocalOptimizer =
    optimizer === 'nesterov' ? { type: 'sgd', nesterov: true } : { type: optimizer ?? 'sgd' };
  return {
    amount: { steps: 1 },
    batchSize,
    learningRate,
    momentum,
    weightDecay,
    ...(optimizer ? { optimizer: settings } : {}),
    ...(gradientClippingNorm === undefined ? {} : { gradientClippingNorm }),
  };
}

function initialParams({ parameters }: TrainingVector): Float32Array {
  return concatenate(
    parameters.map(({ name, shape, fanIn, start }, index) => {
      const values = vectorParameter(index, name, shape, fanIn);
      return start ? values.fill(start === 'ones' ? 1 : 0) : values;
    }),
  );
}

/** The batches of a vector, one after another. */
function vectorExamples(vector: TrainingVector, steps: readonly number[] = ALL_STEPS): Examples {
  const { task, batchSize, featureLength } = vector;
  if (task === 'tokens') return tokenExamples(vector, steps);
  const truth = (step: number) =>
    task === 'targets'
      ? vectorTargets(step, batchSize)
      : vectorLabels(step, batchSize, task === 'binary' ? 2 : 10);
  const dataset: Dataset = {
    name: 'vectors',
    task: task === 'targets' ? 'regression' : 'classification',
    count: steps.length * batchSize,
    featureShape: [featureLength],
    features: concatenate(steps.map((step) => vectorInput(step, batchSize, featureLength))),
    labels: concatenate(steps.map(truth)),
    classNames: [],
  };
  return { dataset, indices: Uint32Array.from({ length: dataset.count }, (_, index) => index) };
}

/** Each label is the token behind, or -1. */
function tokenExamples(vector: TrainingVector, steps: readonly number[]): Examples {
  const { batchSize, featureLength, ignoredBelow = 0 } = vector;
  const parts = steps.map((step) => vectorTokens(step, batchSize, featureLength + 1, VOCABULARY));
  const all = concatenate(parts);
  const count = steps.length * batchSize;
  const cut = (from: number) =>
    all.filter((_, index) => {
      const place = (index % (featureLength + 1)) - from;
      return place >= 0 && place < featureLength;
    });
  const dataset: Dataset = {
    name: 'vectors',
    task: 'next-token',
    count,
    featureShape: [featureLength],
    features: cut(0),
    labelShape: [featureLength],
    labels: cut(1).map((token) => (token < ignoredBelow ? -1 : token)),
    classNames: [],
  };
  return { dataset, indices: Uint32Array.from({ length: count }, (_, index) => index) };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function l2(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
