/** Losses of classes: cross-entropy of many outputs, and of one. */
import { ConfigError } from '../../errors.js';
import { cast, sumAll, unsqueeze } from '../gradients/nodes.js';
import type { GraphBuilder, Value } from '../graph.js';
import type { Loss } from '../losses.js';
import { elementCount } from '../shapes.js';

/** Options of cross-entropy. */
export interface CrossEntropyOptions {
  /** The share of each label that is spread over all classes, from 0 to below 1 (Szegedy et al. 2016); default 0. */
  readonly labelSmoothing?: number;
  /** Examples with this label do not count: neither in the loss, nor in its mean, nor in evaluation. */
  readonly ignoredLabel?: number;
}

/**
 * Minus the logarithm of the softmax of the label's output (logits in). Labels are class indices.
 *
 * @throws {ConfigError} for a `labelSmoothing` or an `ignoredLabel` out of its range.
 */
export function softmaxCrossEntropy({ labelSmoothing = 0, ignoredLabel }: CrossEntropyOptions = {}): Loss {
  checkLabelSmoothing(labelSmoothing);
  if (ignoredLabel !== undefined && !Number.isSafeInteger(ignoredLabel)) {
    throw new ConfigError(`ignoredLabel must be an integer, got ${ignoredLabel}`);
  }
  /** 1 for examples that count, else 0: [batch, 1]. */
  const counted = (builder: GraphBuilder, labels: Value) => {
    const ignored = builder.node('Equal', [labels, builder.constant('int32', [], [ignoredLabel ?? 0])]);
    return unsqueeze(builder, cast(builder, builder.node('Not', [ignored]), 'float32'), [1]);
  };
  const whereCounted = (builder: GraphBuilder, value: Value, labels: Value) =>
    ignoredLabel === undefined ? value : builder.node('Mul', [value, counted(builder, labels)]);
  return {
    task: 'classification',
    labelType: 'int32',
    sum(builder, output, labels) {
      const logProbabilities = builder.node('LogSoftmax', [output]);
      const chosen = builder.node('Mul', [logProbabilities, shares(builder, output, labels, labelSmoothing)]);
      return builder.node('Neg', [sumAll(builder, whereCounted(builder, chosen, labels))]);
    },
    gradient(builder, output, labels, scale) {
      const probabilities = builder.node('Softmax', [output]);
      const target = shares(builder, output, labels, labelSmoothing);
      const difference = builder.node('Sub', [probabilities, target]);
      return builder.node('Mul', [difference, whereCounted(builder, scale, labels)]);
    },
    ...(ignoredLabel === undefined
      ? {}
      : {
          ignoredLabel,
          count: (builder: GraphBuilder, labels: Value) => sumAll(builder, counted(builder, labels)),
        }),
  };
}

/** @throws {ConfigError} for a share that is not from 0 to below 1. */
export function checkLabelSmoothing(labelSmoothing: number): void {
  if (labelSmoothing >= 0 && labelSmoothing < 1) return;
  throw new ConfigError(`labelSmoothing must be from 0 to below 1, got ${labelSmoothing}`);
}

/** Cross-entropy of the sigmoid of one output (a logit); labels are 0 or 1. */
export const binaryCrossEntropy: Loss = {
  task: 'classification',
  labelType: 'float32',
  sum(builder, output, labels) {
    const target = unsqueeze(builder, labels, [1]);
    const product = builder.node('Mul', [output, target]);
    return sumAll(builder, builder.node('Sub', [builder.node('Softplus', [output]), product]));
  },
  gradient(builder, output, labels, scale) {
    const target = unsqueeze(builder, labels, [1]);
    const difference = builder.node('Sub', [builder.node('Sigmoid', [output]), target]);
    return builder.node('Mul', [difference, scale]);
  },
};

/** How much of each class the label stands for: all of its own, but for what is spread evenly. */
function shares(builder: GraphBuilder, output: Value, labels: Value, smoothing: number): Value {
  const classes = elementCount(output.shape.slice(1));
  const depth = builder.constant('int32', [], [classes]);
  const spread = smoothing / classes;
  const offAndOn = builder.constant('float32', [2], [spread, 1 - smoothing + spread]);
  return builder.node('OneHot', [labels, depth, offAndOn], {}, { dtype: 'float32', shape: output.shape });
}
