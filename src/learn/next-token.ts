/** Next-token prediction: the loss at every position of a sequence, and how high the true token ranks. */

import { int } from './attributes.js';
import { arithmeticOf } from './gradients/formulas.js';
import { cast, mean, reduceSum, sumAll, unsqueeze } from './gradients/nodes.js';
import type { GraphBuilder, Value } from './graph.js';
import { type CrossEntropyOptions, checkLabelSmoothing } from './losses/classification.js';
import type { Loss } from './losses.js';
import { elementCount } from './shapes.js';

/** Options of the cross-entropy of tokens. */
export type NextTokenOptions = Pick<CrossEntropyOptions, 'labelSmoothing'>;

/**
 * Minus the logarithm of the softmax of the true token's output. Outputs are [batch, time, vocabulary] logits,
 * labels [batch, time] token ids, -1 where a position does not count. A step takes the mean over the positions
 * that count, as PyTorch does with an ignored index. Evaluation leaves the smoothing out: it would not give a
 * perplexity.
 *
 * @throws {ConfigError} for a `labelSmoothing` out of its range.
 */
export function nextTokenCrossEntropy({ labelSmoothing = 0 }: NextTokenOptions = {}): Loss {
  checkLabelSmoothing(labelSmoothing);
  const own = 1 - labelSmoothing;
  const smoothed = labelSmoothing > 0;
  return {
    task: 'next-token',
    labelType: 'int32',
    sum(builder, output, labels) {
      const { mul, add } = arithmeticOf(builder);
      const logProbabilities = builder.node('LogSoftmax', [output]);
      const chosen = atLabels(builder, logProbabilities, labels);
      const everywhere = () => mul(mean(builder, logProbabilities, [2]), labelSmoothing);
      const value = smoothed ? add(mul(chosen, own), everywhere()) : chosen;
      const counted = builder.node('Mul', [value, mask(builder, labels)]);
      return builder.node('Neg', [sumAll(builder, counted)]);
    },
    gradient(builder, output, labels, scale) {
      const { mul, sub } = arithmeticOf(builder);
      const rowScale = builder.node('Mul', [mask(builder, labels), scale]);
      const softmax = builder.node('Softmax', [output]);
      const spread = labelSmoothing / elementCount(output.shape.slice(2));
      const difference = builder.node('Mul', [smoothed ? sub(softmax, spread) : softmax, rowScale]);
      const share = smoothed ? mul(rowScale, own) : rowScale;
      // One number a row differs from the rest: a one-hot matrix would be as large as all outputs.
      return builder.node(
        'ScatterElements',
        [difference, column(builder, labels), builder.node('Neg', [share])],
        { axis: int(2), reduction: { string: 'add' } },
        output,
      );
    },
    count: (builder, labels) => sumAll(builder, mask(builder, labels)),
    exampleCounts: (builder, labels) => reduceSum(builder, mask(builder, labels), [1], true),
    ...(smoothed ? { evaluated: nextTokenCrossEntropy() } : {}),
  };
}

/** How many labels count, and at how many of these fewer than 1, or than 3, tokens are likelier than the label. */
export interface Ranks {
  readonly count: Value;
  readonly top1: Value;
  readonly top3: Value;
}

/** Ranks the labels among the outputs. Scalars; a token as likely as the label does not count as likelier. */
export function rankLabels(builder: GraphBuilder, output: Value, labels: Value): Ranks {
  const own = atLabels(builder, output, labels);
  const likelier = builder.node('Greater', [output, own]);
  const rank = builder.node(
    'ReduceSum',
    [cast(builder, likelier, 'float32'), builder.constant('int64', [1], [2])],
    { keepdims: int(1) },
    { dtype: 'float32', shape: own.shape },
  );
  const counted = mask(builder, labels);
  const below = (limit: number) => {
    const within = builder.node('Less', [rank, builder.constant('float32', [], [limit])]);
    return sumAll(builder, builder.node('Mul', [cast(builder, within, 'float32'), counted]));
  };
  return { count: sumAll(builder, counted), top1: below(1), top3: below(3) };
}

/** The output of each label: [batch, time, 1]. Where a label is -1 the last token's, for a mask to hide. */
function atLabels(builder: GraphBuilder, output: Value, labels: Value): Value {
  const type = { dtype: output.dtype, shape: [...labels.shape, 1] };
  return builder.node('GatherElements', [output, column(builder, labels)], { axis: int(2) }, type);
}

/** 1 where a label counts, else 0: [batch, time, 1]. */
function mask(builder: GraphBuilder, labels: Value): Value {
  const counts = builder.node('GreaterOrEqual', [labels, builder.constant('int32', [], [0])]);
  return column(builder, cast(builder, counts, 'float32'));
}

function column(builder: GraphBuilder, labels: Value): Value {
  return unsqueeze(builder, labels, [labels.shape.length]);
}
