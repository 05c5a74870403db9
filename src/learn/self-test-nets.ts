/** The small nets of the self-test, the fixed numbers that they start from, and what must come out. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';
import { relu } from './layers/activation.js';
import { conv2d } from './layers/convolution.js';
import { dense, flatten } from './layers/dense.js';
import { embedding } from './layers/embedding.js';
import { maxPool } from './layers/pooling.js';
import { lastStep, lstm } from './layers/recurrent.js';
import type { Model } from './model.js';
import type { LocalWork } from './trainer.js';

/** What is trained, how, and the figures that PyTorch finds in double precision. */
export interface SelfTestNet {
  readonly model: Model;
  readonly examples: Examples;
  /** One training after the other, from the parameters that the one before has left. */
  readonly works: readonly LocalWork[];
  /** By their names: `test/vectors/self-test/make.py` prints them. */
  readonly expected: Readonly<Record<string, number>>;
}

const COUNT = 6;
const CLASSES = 4;
const SIDE = 6;
const TOKENS = 7;
const TIME = 2;

/** Two calls of two steps. */
const plain = { amount: { steps: 4 }, batchSize: COUNT, learningRate: 0.1, momentum: 0, weightDecay: 0 };
/** A call of two steps and a call of one, with what an optimiser keeps. */
const keeping = { ...plain, amount: { steps: 3 }, momentum: 0.9, weightDecay: 0.01 };

/** A net with every kind of layer that most models have: convolution, pooling, dense; and a recurrent one. */
export const selfTestNets: readonly SelfTestNet[] = [
  {
    model: {
      name: 'images',
      featureShape: [1, SIDE, SIDE],
      layers: [conv2d(4, 3), maxPool(2), relu(), flatten(), dense(12), relu(), dense(CLASSES)],
      loss: 'softmax-cross-entropy',
    },
    examples: fixedExamples([1, SIDE, SIDE], (at) => formula(at, 1)),
    works: [plain, keeping],
    expected: {
      'the loss of training 1': 1.27718434,
      'the loss of training 2': 1.15822213,
      'the loss of the evaluation': 6.3514987,
      'the checksum of the parameters': 0.691378153,
      'the change of conv1.weight': 0.224336847,
      'the change of conv1.bias': 0.0691737783,
      'the change of dense1.weight': 0.248936024,
      'the change of dense1.bias': 0.071600495,
      'the change of dense2.weight': 0.343578744,
      'the change of dense2.bias': 0.153866498,
    },
  },
  {
    model: {
      name: 'tokens',
      featureShape: [TIME],
      featureType: 'int32',
      layers: [embedding(TOKENS, 3), lstm(5), lastStep(), dense(CLASSES)],
      loss: 'softmax-cross-entropy',
    },
    examples: fixedExamples([TIME], (at) => (at * at + 3 * at) % TOKENS),
    works: [{ ...plain, amount: { steps: 1 }, learningRate: 1 }],
    expected: {
      'the loss of training 1': 1.39666897,
      'the loss of the evaluation': 8.18898008,
      'the checksum of the parameters': -0.113709601,
      'the change of embedding1.weight': 0.0180524072,
      'the change of lstm1.weight': 0.0154204622,
      'the change of lstm1.recurrent': 0.00409869371,
      'the change of lstm1.bias': 0.0451584632,
      'the change of dense1.weight': 0.0368333199,
      'the change of dense1.bias': 0.180775792,
    },
  },
];

/** The parameters that a net starts from, within 0.5 of 0. */
export function fixedParams({ size, entries }: Layout): Float32Array {
  const params = new Float32Array(size);
  entries.forEach(({ offset, length }, index) => {
    for (let at = 0; at < length; at++) params[offset + at] = formula(at, 2 + index);
  });
  return params;
}

/** A number from -0.5 to below 0.5 that looks random and is the same in every language. */
export function formula(at: number, salt: number): number {
  return ((at * 7919 + salt * 3571 + 17 * at * at) % 1009) / 1009 - 0.5;
}

function fixedExamples(featureShape: readonly number[], feature: (at: number) => number): Examples {
  const length = featureShape.reduce((product, size) => product * size, COUNT);
  const dataset = {
    name: 'self-test',
    task: 'classification',
    count: COUNT,
    featureShape,
    features: Float32Array.from({ length }, (_, at) => feature(at)),
    labels: Float32Array.from({ length: COUNT }, (_, at) => (at * 3) % CLASSES),
    classNames: Array.from({ length: CLASSES }, (_, at) => `class ${at}`),
  } as const;
  return { dataset, indices: Uint32Array.from({ length: COUNT }, (_, at) => at) };
}
