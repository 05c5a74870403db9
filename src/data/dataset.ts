/** Examples in memory: features, labels and, where known, whose they are. */

/**
 * A set of examples.
 *
 * `features` is float32, `count` rows of `featureShape` (row-major). For classification `labels[i]` is the
 * class index, 0 to `classNames.length - 1`; for regression it is the target value. `groups[i]` names the
 * owner of example i (a hospital, a bank, a speaker) where the data has owners of its own. Buffers may be
 * shared between threads and are never written after loading.
 */
export interface Dataset {
  readonly name: string;
  readonly task: 'classification' | 'regression';
  readonly count: number;
  readonly featureShape: readonly number[];
  readonly features: Float32Array;
  readonly labels: Float32Array;
  readonly classNames: readonly string[];
  readonly groups?: readonly string[];
}

/** A data set as it comes: examples to learn from and, where its makers set some aside, examples to test on. */
export interface DataSplit {
  readonly train: Dataset;
  readonly test?: Dataset;
}

/** Which examples of a dataset: `indices` into its rows, in the order they are visited before shuffling. */
export interface Examples {
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
}

/** Elements per example. */
export function featureLength(dataset: Dataset): number {
  return dataset.featureShape.reduce((product, size) => product * size, 1);
}
