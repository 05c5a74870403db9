/** Normalisations: of a batch, of a layer, of groups of channels. */
import { ConfigError, ShapeError } from '../../errors.js';
import { float, int } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { countAlong, reshape } from '../gradients/nodes.js';
import { batchMoments } from '../gradients/normalization.js';
import type { GraphBuilder, Value } from '../graph.js';
import { elementCount, known } from '../shapes.js';
import { checkSize, type Layer, type LayerContext, type Statistic } from './layer.js';

/** Options of normalisations: what is added to a variance before its root is taken; default 1e-5, as in PyTorch. */
export interface NormOptions {
  readonly epsilon?: number;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions extends NormOptions {
  /** The share of a step's batch in the running statistics, above 0 and at most 1; default 0.1, as in PyTorch. */
  readonly momentum?: number;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of each channel of [batch, channels, ...]. Training takes the mean
 * and variance of the batch, and moves the running ones by them; evaluation takes the running ones. These are
 * `runningMean` and `runningVariance` among the parameters: they are reported and averaged like the others.
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  const { epsilon = 1e-5, momentum = 0.1 } = options;
  checkEpsilon(epsilon);
  if (!(momentum > 0 && momentum <= 1)) {
    throw new ConfigError(`momentum must be above 0 and at most 1, got ${momentum}`);
  }
  return (input, context) => {
    const channels = channelsOf('batchNorm', input);
    const name = `batchNorm${context.nextOf('batchNorm')}`;
    const [weight, bias] = affine(context, name, [channels]);
    const running = {
      mean: context.statistic(`${name}.runningMean`, [channels], 'zeros'),
      variance: context.statistic(`${name}.runningVariance`, [channels], 'ones'),
    };
    return batchNormalized(context, input, weight, bias, running, { epsilon, momentum });
  };
}

/** The running statistics of a batch normalisation, one element a channel. */
export interface RunningStatistics {
  readonly mean: Statistic;
  readonly variance: Statistic;
}

/**
 * `x` normalised channel by channel: by the batch's statistics while training, which move the running ones, else
 * by the running ones. The running variance is that of a sample (divided by one less than the number of
 * elements), as PyTorch has it; of a single element, it is zero.
 */
export function batchNormalized(
  { builder, training }: LayerContext,
  x: Value,
  weight: Value,
  bias: Value,
  running: RunningStatistics,
  { epsilon, momentum }: Required<BatchNormOptions>,
): Value {
  const attributes = { epsilon: float(epsilon) };
  const normalised = (mean: Value, variance: Value) =>
    builder.node('BatchNormalization', [x, weight, bias, mean, variance], attributes);
  if (!training) return normalised(running.mean.value, running.variance.value);
  const { average, variance } = batchMoments(builder, x);
  const { add, sub, mul, div, max } = arithmeticOf(builder);
  const count = countAlong(builder, x, [...x.shape.keys()].toSpliced(1, 1));
  const ofSample = mul(variance, div(count, max(sub(count, 1), 1)));
  const move = (statistic: Statistic, seen: Value) =>
    statistic.moveTo(add(mul(statistic.value, 1 - momentum), mul(seen, momentum)));
  move(running.mean, average);
  move(running.variance, ofSample);
  // Not with `training_mode`: ONNX Runtime's kernel then writes over the running statistics that it is given.
  return normalised(average, variance);
}

/**
 * Layer normalisation (Ba et al. 2016): of sequences and vectors along the last axis, with a weight and a bias for
 * each of its elements; of images along all axes but the batch.
 */
export function layerNorm({ epsilon = 1e-5 }: NormOptions = {}): Layer {
  checkEpsilon(epsilon);
  return (input, context) => {
    const { shape } = input;
    const axis = shape.length > 3 ? 1 : shape.length - 1;
    const [weight, bias] = affine(
      context,
      `layerNorm${context.nextOf('layerNorm')}`,
      shape.slice(axis).map(known),
    );
    const attributes = { axis: int(axis), epsilon: float(epsilon) };
    return context.builder.node('LayerNormalization', [input, weight, bias], attributes);
  };
}

/**
 * Group normalisation (Wu and He 2018) of [batch, channels, ...]: the channels of each group together, example by
 * example, so that no batch and no other client matters. With one group, layer normalisation of all channels.
 */
export function groupNorm(groups: number, { epsilon = 1e-5 }: NormOptions = {}): Layer {
  checkSize('groups', groups);
  checkEpsilon(epsilon);
  return (input, context) => {
    const channels = channelsOf('groupNorm', input);
    if (channels % groups !== 0) {
      throw new ShapeError(`channels must be a multiple of groups (${groups}), got ${channels}`);
    }
    const [weight, bias] = affine(context, `groupNorm${context.nextOf('groupNorm')}`, [channels]);
    return groupNormalized(context.builder, input, weight, bias, groups, epsilon);
  };
}

/** Instance normalisation (Ulyanov et al. 2016) of [batch, channels, ...]: each channel of each example by itself. */
export function instanceNorm({ epsilon = 1e-5 }: NormOptions = {}): Layer {
  checkEpsilon(epsilon);
  return (input, context) => {
    const channels = channelsOf('instanceNorm', input);
    if (input.shape.length < 3) {
      throw new ShapeError(
        `instanceNorm must have [batch, channels, ...places], got [${input.shape.join(', ')}]`,
      );
    }
    const [weight, bias] = affine(context, `instanceNorm${context.nextOf('instanceNorm')}`, [channels]);
    const attributes = { epsilon: float(epsilon) };
    return context.builder.node('InstanceNormalization', [input, weight, bias], attributes);
  };
}

/** Group normalisation in the operators of opset 17; weight and bias have an element a channel. */
export function groupNormalized(
  builder: GraphBuilder,
  x: Value,
  weight: Value,
  bias: Value,
  groups: number,
  epsilon: number,
): Value {
  const [batch = 0, channels = 0, ...places] = x.shape;
  const together = elementCount([known(channels) / groups, ...places]);
  const grouped = reshape(builder, x, [batch, groups, together]);
  const fill = (value: number) =>
    builder.constant('float32', [groups], new Array<number>(groups).fill(value));
  const attributes = { epsilon: float(epsilon) };
  const unit = builder.node('InstanceNormalization', [grouped, fill(1), fill(0)], attributes);
  const perChannel = (value: Value) => reshape(builder, value, [channels, ...places.map(() => 1)]);
  const scaled = builder.node('Mul', [reshape(builder, unit, x.shape), perChannel(weight)]);
  return builder.node('Add', [scaled, perChannel(bias)]);
}

function affine(context: LayerContext, name: string, shape: readonly number[]): [Value, Value] {
  return [
    context.parameter(`${name}.weight`, shape, 'ones'),
    context.parameter(`${name}.bias`, shape, 'zeros'),
  ];
}

function channelsOf(layer: string, { shape }: Value): number {
  if (shape.length >= 2) return known(shape[1] ?? 0);
  throw new ShapeError(`${layer} must have [batch, channels, ...], got [${shape.join(', ')}]`);
}

function checkEpsilon(epsilon: number): void {
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new ConfigError(`epsilon must be a positive finite number, got ${epsilon}`);
  }
}
