/** Lowerings of operators that are layers: products, windows, normalisations, activations. */
import { ConfigError } from '../errors.js';
import { float, floatOf, integerOf, integersOf, ints, textOf } from './attributes.js';
import { reshape } from './gradients/nodes.js';
import type { Value } from './graph.js';
import { inputAt, type Lowering } from './import-lowering.js';
import { geluOf } from './layers/activation.js';
import { batchNormalized, groupNormalized } from './layers/normalization.js';
import { elementsOf } from './shapes/rule.js';
import { known } from './shapes.js';
import { windowsOf } from './windows.js';

/** Random while training where the file's node is in training mode; in inference mode it does nothing. */
const dropout: Lowering = (context) => {
  const { inputs, scope } = context;
  const x = inputAt(context, 0);
  if (context.outputCount > 1) throw new ConfigError('the mask of Dropout must not be used, it is');
  const training = inputs[2] ? constantNumber(inputs[2], 'the mode') !== 0 : false;
  const rate = inputs[1] ? constantNumber(inputs[1], 'the ratio') : 0.5;
  if (!(rate >= 0 && rate < 1)) throw new ConfigError(`the ratio must be from 0 to below 1, got ${rate}`);
  const mask = training && rate > 0 ? scope.context.mask(x.shape, rate) : null;
  return [mask ? scope.context.builder.node('Mul', [x, mask]) : x];
};

/** A product of two matrices is a `Gemm`, whose gradients fuse with the update. */
const matMul: Lowering = (context) => {
  const [a, b] = [inputAt(context, 0), inputAt(context, 1)];
  if (a.shape.length !== 2 || b.shape.length !== 2) return context.asIs();
  return [context.scope.context.builder.node('Gemm', [a, b])];
};

/** Gaps between the elements of a window came in opset 19. */
const averagePool: Lowering = ({ attributes, asIs }) => {
  const { dilations: _, ...kept } = attributes;
  if (integersOf(attributes, 'dilations').every((step) => step === 1)) return asIs(kept);
  throw new ConfigError('the dilations of AveragePool must be 1');
};

/** With its padding worked out here, where the file states the size of the result or asks for one by the stride. */
const convTranspose: Lowering = (context) => {
  const { auto_pad: _, output_shape: __, ...kept } = context.attributes;
  const asked = integersOf(context.attributes, 'output_shape');
  const automatic = textOf(context.attributes, 'auto_pad', 'NOTSET');
  if (asked.length === 0 && !automatic.startsWith('SAME')) return context.asIs(kept);
  const [x, w] = [inputAt(context, 0), inputAt(context, 1)];
  // Its own pads do not count here, in this operator.
  const { pads: ___, ...bare } = kept;
  const { kernel, strides, dilations } = windowsOf(x, w.shape.slice(2), bare);
  const added = integersOf(kept, 'output_padding');
  if (asked.length === 0 && added.some((count) => count !== 0)) {
    throw new ConfigError(
      `the auto_pad of ConvTranspose must be NOTSET beside output_padding, got ${automatic}`,
    );
  }
  const totals = kernel.map((size, axis) => {
    const length = known(x.shape[axis + 2] ?? 0);
    const stride = strides[axis] ?? 1;
    const natural = stride * (length - 1) + (added[axis] ?? 0) + (size - 1) * (dilations[axis] ?? 1) + 1;
    const target = asked.at(axis - kernel.length) ?? length * stride;
    if (target > natural || target < 1) {
      throw new ConfigError(`the result of ConvTranspose must have 1 to ${natural} places, got ${target}`);
    }
    return natural - target;
  });
  const half = automatic === 'SAME_UPPER' ? Math.floor : Math.ceil;
  const begins = totals.map((total) => half(total / 2));
  const ends = totals.map((total, axis) => total - (begins[axis] ?? 0));
  return context.asIs({ ...bare, pads: ints([...begins, ...ends]) });
};

/** Hendrycks and Gimpel (2016), which came in opset 20: composed of older operators. */
const gelu: Lowering = (context) => {
  const approximate = textOf(context.attributes, 'approximate', 'none') === 'tanh';
  return [geluOf(context.scope.context.builder, inputAt(context, 0), approximate)];
};

/**
 * However it was exported: by the batch's statistics while training, which move the running ones, and by those in
 * evaluation; by the file's own where they are frozen.
 */
const batchNormalization: Lowering = (context) => {
  const { node, attributes, inputs, scope } = context;
  const [x, weight, bias] = [0, 1, 2].map((index) => inputAt(context, index)) as [Value, Value, Value];
  if (context.outputCount > 1) {
    throw new ConfigError('the running statistics that BatchNormalization gives must not be used, they are');
  }
  const options = {
    epsilon: floatOf(attributes, 'epsilon', 1e-5),
    momentum: 1 - floatOf(attributes, 'momentum', 0.9),
  };
  const [mean, variance] = [3, 4].map((index) =>
    scope.frozenStatistics ? undefined : scope.statistic(node.inputs[index] ?? ''),
  );
  if (mean && variance) return [batchNormalized(scope.context, x, weight, bias, { mean, variance }, options)];
  const training = integerOf(attributes, 'training_mode', 0) === 1;
  if (training && !scope.frozenStatistics) {
    throw new ConfigError('the running statistics of BatchNormalization must be tensors of the file');
  }
  return context.asIs({ epsilon: float(options.epsilon) }, inputs.slice(0, 5));
};

/** Came in opset 18, with a scale and a bias a group; as of opset 21, a channel. */
const groupNormalization: Lowering = (context) => {
  const { attributes, scope } = context;
  const { builder } = scope.context;
  const [x, ...affine] = [0, 1, 2].map((index) => inputAt(context, index)) as [Value, Value, Value];
  const groups = integerOf(attributes, 'num_groups', 0);
  const channels = known(x.shape[1] ?? 0);
  if (groups < 1 || channels % groups !== 0) {
    throw new ConfigError(`num_groups must divide the channels (${channels}), got ${groups}`);
  }
  const perChannel = (value: Value) => {
    if (value.shape[0] !== groups || groups === channels) return value;
    const column = reshape(builder, value, [groups, 1]);
    const each = { dtype: value.dtype, shape: [groups, channels / groups] };
    const sizes = builder.constant('int64', [2], each.shape);
    return reshape(builder, builder.node('Expand', [column, sizes], {}, each), [channels]);
  };
  const [weight, bias] = affine.map(perChannel) as [Value, Value];
  return [groupNormalized(builder, x, weight, bias, groups, floatOf(attributes, 'epsilon', 1e-5))];
};

/** Misra (2020), which came in opset 18: x tanh(softplus(x)). */
const mish: Lowering = (context) => {
  const { builder } = context.scope.context;
  const x = inputAt(context, 0);
  const bent = builder.node('Tanh', [builder.node('Softplus', [x])]);
  return [builder.node('Mul', [x, bent])];
};

export const layerLowerings = {
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  ConvTranspose: convTranspose,
  Dropout: dropout,
  Gelu: gelu,
  GroupNormalization: groupNormalization,
  MatMul: matMul,
  Mish: mish,
} satisfies Record<string, Lowering>;

function constantNumber(value: Value, what: string): number {
  const data = 'data' in value ? (value.data as readonly number[]) : elementsOf(value);
  if (data?.length === 1 && typeof data[0] === 'number') return data[0];
  throw new ConfigError(`${what} must be a constant number, got the computed "${value.name}"`);
}
