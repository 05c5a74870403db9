/** Examples in memory: features, labels and, where known, whose they are. */
import type { Vocabulary } from './vocabulary.js';

/** What is predicted: a class, a number, or at each position of a sequence the token that follows. */
export type Task = 'classification' | 'regression' | 'next-token';

/**
 * A set of examples.
 *
 * `features` is float32, `count` rows of `featureShape` (row-major). For classification `labels[i]` is the
 * class index, 0 to `classNames.length - 1`; for regression it is the target value. For next-token features are
 * token ids, 0 to `classNames.length - 1`, and an example has labels of `labelShape`: the token that follows
 * each position, or -1 where nothing is to be predicted (padding, an unknown word). `groups[i]` names the
 * owner of example i (a hospital, a bank, a speaker) where the data has owners of its own. Buffers may be
 * shared between threads and are never written after loading.
 */
export interface Dataset {
  readonly name: string;
  readonly task: Task;
  readonly count: number;
  readonly featureShape: readonly number[];
  readonly features: Float32Array;
  /** Labels of one example; default []: a single one. */
  readonly labelShape?: readonly number[];
  readonly labels: Float32Array;
  readonly classNames: readonly string[];
  readonly groups?: readonly string[];
}

/** A data set as it comes: examples to learn from and, where its makers set some aside, examples to test on. */
export interface DataSplit {
  readonly train: Dataset;
  readonly test?: Dataset;
  /** Of text: the tokens that ids stand for. */
  readonly vocabulary?: Vocabulary;
  /** Of text: the share of what is to be predicted, in the test part, that the vocabulary has: 0 to 1. */
  readonly coverage?: number;
}

/** Which examples of a dataset: `indices` into its rows, in the order they are visited before shuffling. */
export interface Examples {
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
}

/** Elements per example. */
export function featureLength({ featureShape }: Pick<Dataset, 'featureShape'>): number {
  return featureShape.reduce((product, size) => product * size, 1);
}

/** Labels per example. */
export function labelLength({ labelShape = [] }: Pick<Dataset, 'labelShape'>): number {
  return labelShape.reduce((product, size) => product * size, 1);
}
