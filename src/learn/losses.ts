/** Losses: what is summed over the examples, and its gradient by the model's output, both as graph nodes. */
import type { Task } from '../data/dataset.js';
import { sumAll } from './gradients/nodes.js';
import type { GraphBuilder, Value } from './graph.js';
import { nextTokenCrossEntropy } from './next-token.js';
import { elementCount } from './shapes.js';

/** A loss on outputs of [batch, outputs] and labels of [batch], where it does not say otherwise. */
export interface Loss {
  readonly task: Task;
  readonly labelType: 'int32' | 'float32';
  /** The loss of each example, summed over the batch: a scalar of shape []. */
  sum(builder: GraphBuilder, output: Value, labels: Value): Value;
  /** `scale` (a scalar value) times the gradient of the sum by `output`. */
  gradient(builder: GraphBuilder, output: Value, labels: Value, scale: Value): Value;
  /** How many labels the mean of a step is over, at least 1; absent: one an example. */
  count?(builder: GraphBuilder, labels: Value): Value;
  /** The same for each example, in a shape that broadcasts with the output. */
  exampleCounts?(builder: GraphBuilder, labels: Value): Value;
}

/** Minus the logarithm of the softmax of the label's output (logits in). Labels are class indices. */
const softmaxCrossEntropy: Loss = {
  task: 'classification',
  labelType: 'int32',
  sum(builder, output, labels) {
    const logProbabilities = builder.node('LogSoftmax', [output]);
    const chosen = builder.node('Mul', [logProbabilities, oneHot(builder, output, labels)]);
    return builder.node('Neg', [sumAll(builder, chosen)]);
  },
  gradient(builder, output, labels, scale) {
    const probabilities = builder.node('Softmax', [output]);
    const difference = builder.node('Sub', [probabilities, oneHot(builder, output, labels)]);
    return builder.node('Mul', [difference, scale]);
  },
};

/** Cross-entropy of the sigmoid of one output (a logit); labels are 0 or 1. */
const binaryCrossEntropy: Loss = {
  task: 'classification',
  labelType: 'float32',
  sum(builder, output, labels) {
    const target = column(builder, labels);
    const product = builder.node('Mul', [output, target]);
    return sumAll(builder, builder.node('Sub', [builder.node('Softplus', [output]), product]));
  },
  gradient(builder, output, labels, scale) {
    const difference = builder.node('Sub', [builder.node('Sigmoid', [output]), column(builder, labels)]);
    return builder.node('Mul', [difference, scale]);
  },
};

/** The square of output minus label, for one output. */
const meanSquaredError: Loss = {
  task: 'regression',
  labelType: 'float32',
  sum(builder, output, labels) {
    const difference = builder.node('Sub', [output, column(builder, labels)]);
    return sumAll(builder, builder.node('Mul', [difference, difference]));
  },
  gradient(builder, output, labels, scale) {
    const difference = builder.node('Sub', [output, column(builder, labels)]);
    const twice = builder.node('Mul', [difference, builder.constant('float32', [], [2])]);
    return builder.node('Mul', [twice, scale]);
  },
};

export const losses = {
  'softmax-cross-entropy': softmaxCrossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  'mean-squared-error': meanSquaredError,
  'next-token-cross-entropy': nextTokenCrossEntropy,
} as const satisfies Record<string, Loss>;

export type LossName = keyof typeof losses;

function oneHot(builder: GraphBuilder, output: Value, labels: Value): Value {
  const depth = builder.constant('int32', [], [elementCount(output.shape.slice(1))]);
  const offAndOn = builder.constant('float32', [2], [0, 1]);
  return builder.node('OneHot', [labels, depth, offAndOn], {}, { dtype: 'float32', shape: output.shape });
}

function column(builder: GraphBuilder, labels: Value): Value {
  const axes = builder.constant('int64', [1], [1]);
  return builder.node('Unsqueeze', [labels, axes], {}, { dtype: 'float32', shape: [...labels.shape, 1] });
}
