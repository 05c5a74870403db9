/**
 * A trainer that fails where it is told to: a module for the setting `trainer`. Its model is one number for each
 * class, the share of that class among the examples it was trained on; it predicts the class with the largest.
 */
import type { Dataset, Examples } from '../../src/data/dataset.js';
import type { EvaluationSums, LocalWork, Trainer, TrainResult } from '../../src/learn/trainer.js';

/** What goes wrong. */
export type Fault =
  | 'throws'
  | 'returns-nothing'
  | 'writes-nothing'
  | 'nan-params'
  | 'infinite-loss'
  | 'wrong-shape'
  | 'no-examples'
  | 'kills-thread'
  | 'evaluation-throws'
  | 'evaluation-returns-nothing';

export interface FaultyOptions {
  readonly fault: Fault;
  /** Only for clients whose first example has this label. */
  readonly label?: number;
  /** Only where the work has this learning rate: a schedule makes it a round. */
  readonly learningRate?: number;
  /** Only for so many examples or more: a client has fewer than all together. */
  readonly minExamples?: number;
}

export default function createFaultyTrainer({ classNames }: Dataset, options: FaultyOptions): Trainer {
  const classes = classNames.length;
  const { fault, label, learningRate, minExamples = 0 } = options;
  const isHit = ({ dataset, indices }: Examples, work?: LocalWork) =>
    indices.length >= minExamples &&
    (label === undefined || dataset.labels[indices[0] ?? 0] === label) &&
    (learningRate === undefined || work === undefined || work.learningRate === learningRate);
  return {
    layout: { entries: [{ name: 'share', shape: [classes], offset: 0, length: classes }], size: classes },
    initialParams(_seed, out) {
      out.fill(0);
    },
    async train(_params, examples, work, _seed, out): Promise<TrainResult> {
      const exampleCount = examples.indices.length;
      const result = { exampleCount, steps: 1, loss: 1 };
      const share = shares(examples, classes);
      if (!isHit(examples, work)) out.set(share);
      else if (fault === 'throws') throw new Error('out of tea');
      else if (fault === 'returns-nothing') return undefined as unknown as TrainResult;
      else if (fault === 'nan-params') out.set(share.fill(Number.NaN, 1, 2));
      else if (fault === 'infinite-loss') return { ...result, loss: Number.POSITIVE_INFINITY };
      else if (fault === 'wrong-shape') out.set(new Float32Array(classes + 1));
      else if (fault === 'kills-thread') process.exit(3);
      else if (fault !== 'writes-nothing') out.set(share);
      return isHit(examples, work) && fault === 'no-examples' ? { ...result, exampleCount: 0 } : result;
    },
    async evaluate(params, examples): Promise<EvaluationSums> {
      if (isHit(examples) && fault === 'evaluation-throws') throw new Error('no glasses');
      if (isHit(examples) && fault === 'evaluation-returns-nothing')
        return undefined as unknown as EvaluationSums;
      const confusion = new Array<number>(classes * classes).fill(0);
      const predicted = params.indexOf(Math.max(...params));
      for (const index of examples.indices) {
        const cell = (examples.dataset.labels[index] ?? 0) * classes + predicted;
        confusion[cell] = (confusion[cell] ?? 0) + 1;
      }
      const exampleCount = examples.indices.length;
      return { exampleCount, lossSum: exampleCount, confusion, absoluteErrorSum: 0 };
    },
  };
}

function shares({ dataset, indices }: Examples, classes: number): Float32Array {
  const share = new Float32Array(classes);
  for (const index of indices) {
    const label = dataset.labels[index] ?? 0;
    share[label] = (share[label] ?? 0) + 1 / indices.length;
  }
  return share;
}
