/** Gradients of normalisations: all are one formula over different axes. */
import { floatOf, integerOf } from '../attributes.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import { axisOf } from '../shapes/rule.js';
import { arithmeticOf } from './formulas.js';
import { mean, reshape } from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, sumTo } from './rule.js';

/** `x` less its mean, and one over its standard deviation; both may be of any shape that broadcasts. */
interface Statistics {
  readonly centred: Value;
  readonly inverse: Value;
}

/** What `x` is like over `axes`, which stay as size 1; the variance divides by the number of elements. */
interface Moments {
  readonly average: Value;
  readonly centred: Value;
  readonly variance: Value;
}

/** The moments over `axes`: where several ask for the same, the graph holds them once. */
function momentsOf(builder: GraphBuilder, x: Value, axes: readonly number[]): Moments {
  const { sub, mul } = arithmeticOf(builder);
  const average = mean(builder, x, axes);
  const centred = sub(x, average);
  return { average, centred, variance: mean(builder, mul(centred, centred), axes) };
}

/** Mean and variance of each channel of a batch: [channels]. The graph holds them once, whoever asks. */
export function batchMoments(builder: GraphBuilder, x: Value): { average: Value; variance: Value } {
  const { average, variance } = momentsOf(builder, x, batchAxes(x));
  const flat = (value: Value) => reshape(builder, value, [x.shape[1] ?? 1]);
  return { average: flat(average), variance: flat(variance) };
}

function batchAxes({ shape }: Value): number[] {
  return [...shape.keys()].toSpliced(1, 1);
}

/** The statistics over `axes` of `x` itself. */
function statisticsOf(context: RuleContext, axes: readonly number[]): Statistics {
  const { builder, attributes } = context;
  const { add, sqrt, reciprocal } = arithmeticOf(builder);
  const { centred, variance } = momentsOf(builder, inputAt(context, 0), axes);
  const epsilon = floatOf(attributes, 'epsilon', 1e-5);
  return { centred, inverse: reciprocal(sqrt(add(variance, epsilon))) };
}

/**
 * The gradients by `x`, scale and bias of `normalised * scale + bias`, where the statistics were taken over
 * `axes` of `x` (none, where they were given). Scale and bias have `shape` when they are broadcast.
 */
function normalised(
  context: RuleContext,
  { centred, inverse }: Statistics,
  axes: readonly number[],
  shape: readonly Dim[],
): (Value | null)[] {
  const { builder } = context;
  const { sub, mul } = arithmeticOf(builder);
  const dy = outputGradient(context);
  const [scale, bias] = [inputAt(context, 1), context.inputs[2]];
  const unit = mul(centred, inverse);
  const byX = () => {
    const d = mul(dy, reshape(builder, scale, shape));
    if (axes.length === 0) return mul(d, inverse);
    const along = mul(unit, mean(builder, mul(d, unit), axes));
    return mul(sub(sub(d, mean(builder, d, axes)), along), inverse);
  };
  const byParameter = (gradient: Value, parameter: Value) =>
    reshape(builder, sumTo(builder, gradient, shape), parameter.shape);
  return [
    context.wants(0) ? byX() : null,
    context.wants(1) ? byParameter(mul(dy, unit), scale) : null,
    bias && context.wants(2) ? byParameter(dy, bias) : null,
  ];
}

const layerNormalization: GradientRule = (context) => {
  const axes = normalisedAxes(context);
  return normalised(context, statisticsOf(context, axes), axes, inputAt(context, 1).shape);
};

const instanceNormalization: GradientRule = (context) => {
  const axes = normalisedAxes(context);
  return normalised(context, statisticsOf(context, axes), axes, channelShape(context));
};

/** Training takes the statistics of the batch, which may also be handed in; else they are inputs like others. */
const batchNormalization: GradientRule = (context) => {
  const { builder, attributes } = context;
  const shape = channelShape(context);
  if (integerOf(attributes, 'training_mode', 0) === 1 || hasOwnStatistics(context)) {
    const axes = batchAxes(inputAt(context, 0));
    return normalised(context, statisticsOf(context, axes), axes, shape);
  }
  const { mul, neg } = arithmeticOf(builder);
  const [average, variance] = [inputAt(context, 3), inputAt(context, 4)];
  const { centred, inverse } = givenStatistics(context);
  const d = () => mul(mul(outputGradient(context), reshape(builder, inputAt(context, 1), shape)), inverse);
  const byVariance = () => mul(mul(d(), centred), mul(mul(inverse, inverse), -0.5));
  const summed = (gradient: Value, parameter: Value) =>
    reshape(builder, sumTo(builder, gradient, shape), parameter.shape);
  return [
    ...normalised(context, { centred, inverse }, [], shape),
    ...(context.inputs.length > 3
      ? [
          context.wants(3) ? summed(neg(d()), average) : null,
          context.wants(4) ? summed(byVariance(), variance) : null,
        ]
      : []),
  ];
};

/** Whether the mean and variance that are handed in are those of the batch: then one formula has all of it. */
function hasOwnStatistics(context: RuleContext): boolean {
  const { average, variance } = batchMoments(context.builder, inputAt(context, 0));
  return average === inputAt(context, 3) && variance === inputAt(context, 4);
}

/** The running statistics that the node was given. */
function givenStatistics(context: RuleContext): Statistics {
  const { builder, attributes } = context;
  const { sub, add, sqrt, reciprocal } = arithmeticOf(builder);
  const shape = channelShape(context);
  const centred = sub(inputAt(context, 0), reshape(builder, inputAt(context, 3), shape));
  const spread = add(reshape(builder, inputAt(context, 4), shape), floatOf(attributes, 'epsilon', 1e-5));
  return { centred, inverse: reciprocal(sqrt(spread)) };
}

/** The axes over which an example's own statistics are taken. */
function normalisedAxes({ op, attributes, inputs }: RuleContext): number[] {
  const rank = inputs[0]?.shape.length ?? 0;
  const first = op === 'LayerNormalization' ? axisOf(integerOf(attributes, 'axis', -1), rank) : 2;
  return [...Array(rank).keys()].slice(first);
}

/** What scale and bias are applied to: the input less its mean, over its standard deviation. */
export function normalisedInput(context: RuleContext): Value {
  const statistics =
    context.op === 'BatchNormalization'
      ? givenStatistics(context)
      : statisticsOf(context, normalisedAxes(context));
  return arithmeticOf(context.builder).mul(statistics.centred, statistics.inverse);
}

/** The shape under which a value a channel is broadcast. */
function channelShape(context: RuleContext): Dim[] {
  const { shape } = inputAt(context, 0);
  return shape.map((size, axis) => (axis === 1 ? size : 1)).slice(1);
}

export const normalizationRules = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
} satisfies Record<string, GradientRule>;
