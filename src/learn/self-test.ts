/**
 * The numerical self-test: before a device contributes, it trains a small net for a few steps and compares what
 * came of it with stored figures. A wrong driver or kernel would send wrong updates and never know.
 */
import type { Examples } from '../data/dataset.js';
import type { Engine } from './engine.js';
import { relu } from './layers/activation.js';
import { conv2d } from './layers/convolution.js';
import { dense, flatten } from './layers/dense.js';
import { maxPool } from './layers/pooling.js';
import type { Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import type { LocalWork, Trainer } from './trainer.js';

/** How far a figure may be from the stored one, as a part of it: far above rounding, far below any fault. */
const TOLERANCE = 1e-4;

/** Whether an engine calculates right; if not, `reason` says what differed, as the end of a sentence. */
export type SelfTestResult = { readonly passed: true } | { readonly passed: false; readonly reason: string };

const COUNT = 6;
const SIDE = 6;
const CLASSES = 4;

const model: Model = {
  name: 'self-test',
  featureShape: [1, SIDE, SIDE],
  layers: [conv2d(4, 3), maxPool(2), relu(), flatten(), dense(12), relu(), dense(CLASSES)],
  loss: 'softmax-cross-entropy',
};

/** Five plain steps, which are one call of the engine; then two calls of one step that also have a state. */
const plainWork = { amount: { steps: 5 }, batchSize: COUNT, learningRate: 0.1, momentum: 0, weightDecay: 0 };
const stateWork = { ...plainWork, amount: { steps: 2 }, momentum: 0.9, weightDecay: 0.01 };

/** What PyTorch computes in double precision: `test/vectors/self-test/make.py`. */
const expected: Readonly<Record<string, number>> = {
  'the loss of plain steps': 1.2598744,
  'the loss of steps with momentum': 1.15207209,
  'the loss of the evaluation': 6.56921061,
  'the checksum of the parameters': 0.701485462,
  'the change of conv1.weight': 0.18714293,
  'the change of conv1.bias': 0.0719718387,
  'the change of dense1.weight': 0.210231792,
  'the change of dense1.bias': 0.0612228791,
  'the change of dense2.weight': 0.287905907,
  'the change of dense2.bias': 0.130317947,
};

/**
 * Trains a small net (convolution, pooling, dense layers, cross-entropy) on `engine` from fixed parameters on fixed
 * examples, with and without momentum, evaluates it, and compares losses and parameters with stored figures.
 *
 * Knows no clock: an engine that never answers is for the caller to give up.
 */
export async function selfTest(engine: Engine): Promise<SelfTestResult> {
  try {
    const figures = await measure(engine);
    for (const [name, wanted] of Object.entries(expected)) {
      const got = figures[name] ?? Number.NaN;
      if (!(Math.abs(got - wanted) <= TOLERANCE * Math.abs(wanted))) {
        return { passed: false, reason: `${name} must be ${digits(wanted)}, got ${digits(got)}` };
      }
    }
    return { passed: true };
  } catch (error) {
    return { passed: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function measure(engine: Engine): Promise<Record<string, number>> {
  const trainer = createOnnxTrainer(engine, model);
  try {
    const examples = fixedExamples();
    const initial = fixedParams(trainer);
    const params = initial.slice();
    const train = async (work: LocalWork) => (await trainer.train(params, examples, work, 0, params)).loss;
    const figures: Record<string, number> = {
      'the loss of plain steps': await train(plainWork),
      'the loss of steps with momentum': await train(stateWork),
      'the loss of the evaluation': (await trainer.evaluate(params, examples)).lossSum,
      'the checksum of the parameters': params.reduce((sum, value, at) => sum + value * formula(at, 0), 0),
    };
    for (const { name, offset, length } of trainer.layout.entries) {
      const part = params.subarray(offset, offset + length);
      figures[`the change of ${name}`] = Math.hypot(
        ...part.map((value, at) => value - (initial[offset + at] ?? 0)),
      );
    }
    return figures;
  } finally {
    await trainer.dispose?.();
  }
}

function fixedExamples(): Examples {
  const dataset = {
    name: model.name,
    task: 'classification',
    count: COUNT,
    featureShape: model.featureShape,
    features: Float32Array.from({ length: COUNT * SIDE * SIDE }, (_, at) => formula(at, 1)),
    labels: Float32Array.from({ length: COUNT }, (_, at) => (at * 3) % CLASSES),
    classNames: Array.from({ length: CLASSES }, (_, at) => `class ${at}`),
  } as const;
  return { dataset, indices: Uint32Array.from({ length: COUNT }, (_, at) => at) };
}

function fixedParams({ layout }: Trainer): Float32Array {
  const params = new Float32Array(layout.size);
  layout.entries.forEach(({ offset, length }, index) => {
    for (let at = 0; at < length; at++) params[offset + at] = formula(at, 2 + index);
  });
  return params;
}

/** A number from -0.5 to below 0.5 that looks random and is the same in every language. */
function formula(at: number, salt: number): number {
  return ((at * 7919 + salt * 3571 + 17 * at * at) % 1009) / 1009 - 0.5;
}

function digits(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(6) : String(value);
}
