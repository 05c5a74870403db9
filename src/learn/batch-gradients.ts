/** One pass over a batch, forward and backward: its loss, and the gradients by the parameters. */
import { ConfigError } from '../errors.js';
import { BATCH, forward } from './compile.js';
import { differentiate } from './differentiate.js';
import type { GraphBuilder, Value } from './graph.js';
import type { LayerContext } from './layers/layer.js';
import { type Loss, lossOf } from './losses.js';
import type { Model } from './model.js';

/** A batch, and how its gradients are taken. */
interface BatchPass {
  readonly features: Value;
  readonly labels: Value;
  readonly context: LayerContext;
  /** What the context gives to layers; filled while they write. */
  readonly parameters: ReadonlyMap<string, Value>;
  readonly statistics: ReadonlyMap<string, Value>;
  /** What the gradient is multiplied with. */
  readonly scale: Value;
  /** Whether a loss that counts its labels is divided by their number. */
  readonly mean: boolean;
  readonly exampleClippingNorm?: Value | undefined;
}

/** What comes of it: the gradients are in the order of the parameters. */
interface BatchResult {
  readonly gradients: readonly Value[];
  /** The loss, summed over examples, or the mean of it where one is taken: a scalar. */
  readonly loss: Value;
  /** How many labels count: a scalar; absent where each example has one that does. */
  readonly labelCount: Value | undefined;
}

/**
 * Appends forward, loss and backward. Where `exampleClippingNorm` is given, an example's gradient is that of the mean
 * over its labels, clipped, and gradients are summed over examples.
 *
 * @throws {ConfigError} where an operator cannot be trained through, or each example's gradient cannot be told apart.
 */
export async function batchGradients(
  builder: GraphBuilder,
  model: Model,
  pass: BatchPass,
): Promise<BatchResult> {
  const { features, labels, scale, exampleClippingNorm } = pass;
  const loss = lossOf(model.loss);
  const before = builder.added.length;
  const output = forward(model, features, pass.context);
  const nodes = builder.added.slice(before);
  const labelCount = loss.count?.(builder, labels);
  const divisor = labelCount && pass.mean ? atLeastOne(builder, labelCount) : undefined;
  const perLabel = (value: Value) => (divisor ? builder.node('Div', [value, divisor]) : value);
  const targets = [...pass.parameters.values()];
  const result = { loss: perLabel(loss.sum(builder, output, labels)), labelCount };
  if (!exampleClippingNorm) {
    const outputGradient = loss.gradient(builder, output, labels, perLabel(scale));
    return { ...result, gradients: differentiate(builder, nodes, output, outputGradient, targets) };
  }
  checkNoStatistics('exampleClippingNorm', pass.statistics);
  // Loaded where it is asked for: a page that does without is spared a fifth of the compiler.
  const { clippedGradients } = await import('./clipping/clipped-gradients.js');
  const gradients = clippedGradients(builder, {
    nodes,
    output,
    outputGradient: loss.gradient(builder, output, labels, exampleScale(builder, loss, labels)),
    targets,
    batch: BATCH,
    clippingNorm: exampleClippingNorm,
    scale,
  });
  return { ...result, gradients };
}

/**
 * Statistics over the batch would carry something of each example into the gradients of the others.
 *
 * @throws {ConfigError} naming the first.
 */
export function checkNoStatistics(argument: string, statistics: ReadonlyMap<string, Value>): void {
  for (const name of statistics.keys()) {
    throw new ConfigError(
      `${argument} must be left out where statistics are taken over the batch, as "${name}" is: use layer or group normalisation instead`,
    );
  }
}

/** What the gradient of each example's summed loss is multiplied with to be that of its mean over labels. */
function exampleScale(builder: GraphBuilder, loss: Loss, labels: Value): Value {
  const one = builder.constant('float32', [], [1]);
  const counts = loss.exampleCounts?.(builder, labels);
  return counts ? builder.node('Div', [one, atLeastOne(builder, counts)]) : one;
}

function atLeastOne(builder: GraphBuilder, count: Value): Value {
  return builder.node('Max', [count, builder.constant('float32', [], [1])]);
}
