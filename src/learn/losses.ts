/** Losses, by name or with options: a model says in plain data which one it is trained with. */
import type { Task } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { GraphBuilder, Value } from './graph.js';
import {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  softmaxCrossEntropy,
} from './losses/classification.js';
import { type HuberOptions, huber, meanAbsoluteError, meanSquaredError } from './losses/regression.js';
import { type NextTokenOptions, nextTokenCrossEntropy } from './next-token.js';

/** A loss by its name, or with options, as plain data. */
export type LossSpec =
  | LossName
  | { readonly type: Exclude<LossName, 'softmax-cross-entropy' | 'next-token-cross-entropy' | 'huber'> }
  | ({ readonly type: 'softmax-cross-entropy' } & CrossEntropyOptions)
  | ({ readonly type: 'next-token-cross-entropy' } & NextTokenOptions)
  | ({ readonly type: 'huber' } & HuberOptions);

/**
 * What is summed over the examples, and its gradient, as graph nodes. Outputs are [batch, outputs] and labels
 * [batch], where a loss does not say otherwise.
 */
export interface Loss {
  readonly task: Task;
  readonly labelType: 'int32' | 'float32';
  /** The loss of each example, summed over the batch: a scalar of shape []. */
  sum(builder: GraphBuilder, output: Value, labels: Value): Value;
  /** `scale` (a scalar value) times the gradient of the sum by `output`. */
  gradient(builder: GraphBuilder, output: Value, labels: Value, scale: Value): Value;
  /** How many labels the mean of a step is over; absent: one an example. */
  count?(builder: GraphBuilder, labels: Value): Value;
  /** The same for each example, in a shape that broadcasts with the output. */
  exampleCounts?(builder: GraphBuilder, labels: Value): Value;
  /** The label of examples that do not count in evaluation. */
  readonly ignoredLabel?: number;
  /** What evaluation takes in its place, where that is another. */
  readonly evaluated?: Loss;
}

const factories = {
  'softmax-cross-entropy': (options: CrossEntropyOptions) => softmaxCrossEntropy(options),
  'binary-cross-entropy': () => binaryCrossEntropy,
  'mean-squared-error': () => meanSquaredError,
  'mean-absolute-error': () => meanAbsoluteError,
  huber: (options: HuberOptions) => huber(options),
  'next-token-cross-entropy': (options: NextTokenOptions) => nextTokenCrossEntropy(options),
} as const satisfies Record<string, (options: CrossEntropyOptions & HuberOptions) => Loss>;

export type LossName = keyof typeof factories;

/** The names that a loss may have. */
export const lossNames: readonly LossName[] = Object.freeze(Object.keys(factories) as LossName[]);

/**
 * The loss that `spec` describes.
 *
 * @throws {ConfigError} for an unknown name, or an option out of its range.
 */
export function lossOf(spec: LossSpec): Loss {
  const { type, ...options } = typeof spec === 'string' ? { type: spec } : spec;
  if (!Object.hasOwn(factories, type)) {
    throw new ConfigError(`loss must be one of ${lossNames.join(', ')}, got "${type}"`);
  }
  return factories[type](options);
}
