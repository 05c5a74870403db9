/** Operators of ONNX files that are rewritten: newer ones into older words, special cases into faster ones. */
import { ConfigError } from '../errors.js';
import { float, floatOf, int, integerOf, integersOf, ints, textOf } from './attributes.js';
import { reshape as reshapeTo } from './gradients/nodes.js';
import type { Attributes, Dim, Value } from './graph.js';
import { geluOf } from './layers/activation.js';
import type { LayerContext, Statistic } from './layers/layer.js';
import { batchNormalized, groupNormalized } from './layers/normalization.js';
import type { OnnxNode, OnnxValue } from './onnx-model.js';
import { known, productOf, quotientOf } from './shapes/dims.js';
import { elementsOf, mustElements, mustNumbers } from './shapes/rule.js';

/** What replayed nodes see of the file and of the graph they are replayed into. */
export interface ReplayScope {
  readonly context: LayerContext;
  /** Version of the operators in the file. */
  readonly opset: number;
  /** Types that the file states. */
  readonly stated: ReadonlyMap<string, OnnxValue>;
  /** The graph's features; axis 0 is the batch. */
  readonly features: Value;
  /** The size of the batch in the file: a number where it was exported with one. */
  readonly fileBatch: Dim;
  /** Names of values that depend on the features. */
  readonly batched: Set<string>;
  /** Names of the file that some node, or the output, takes. */
  readonly used: ReadonlySet<string>;
  /** The value in the graph for a name of the file. */
  value(name: string): Value;
  /** A tensor of the file as a statistic that training carries along; undefined where the name is none, or is trained. */
  statistic(name: string): Statistic | undefined;
  /** Whether batch normalisations take the file's statistics even while training. */
  readonly frozenStatistics: boolean;
}

/** What a lowering gets: the node, its inputs in the graph, and the way to add it as it is. */
interface LoweringContext {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  readonly outputCount: number;
  /** Whether an input depends on the features. */
  readonly isBatched: boolean;
  readonly scope: ReplayScope;
  asIs(attributes?: Attributes, inputs?: (Value | null)[]): readonly Value[];
}

/** Gives the outputs of a node. */
export type Lowering = (context: LoweringContext) => readonly Value[];

const alias: Lowering = (context) => [inputAt(context, 0)];

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

/** With the sizes worked out here, and the batch that the file was exported with replaced by the graph's. */
const reshape: Lowering = (context) => {
  const { scope, attributes, isBatched } = context;
  const { builder } = scope.context;
  const x = inputAt(context, 0);
  const asked = mustElements('Reshape', 'the shape', context.inputs[1]);
  const copies = integerOf(attributes, 'allowzero', 0) === 0;
  const sizes = asked.map((size, axis) => (size === 0 && copies ? (x.shape[axis] ?? 0) : size));
  const [batch, ...rest] = x.shape;
  const fits = (others: readonly Dim[]) => {
    const fixed = productOf(others.filter((size) => size !== -1));
    return others.includes(-1) ? productOf(rest) !== 0 : fixed === productOf(rest);
  };
  const exported = isBatched && typeof scope.fileBatch === 'number' && batch === scope.features.shape[0];
  if (exported && sizes[0] === scope.fileBatch && fits(sizes.slice(1))) sizes[0] = batch as Dim;
  const unknown = sizes.filter((size) => size !== -1);
  const missing = quotientOf(x.shape, unknown);
  const shape = sizes.map((size) => (size === -1 ? missing : size));
  if (shape.length === x.shape.length && shape.every((size, axis) => size === x.shape[axis])) return [x];
  if (shape.length === 2 && x.shape.length > 1 && shape[0] === batch && shape[1] === productOf(rest)) {
    return [builder.node('Flatten', [x], { axis: int(1) })];
  }
  if (shape.filter((size) => typeof size === 'string').length > 1 || shape.includes(0)) return context.asIs();
  const target = shape.map((size) => (typeof size === 'string' ? -1 : size));
  const constant = builder.constant('int64', [target.length], target);
  return context.asIs({}, [x, constant]);
};

/** The axes became an input in opset 18; compiled graphs have them as an attribute. */
const reduction: Lowering = ({ inputs, attributes, scope, asIs }) => {
  if (scope.opset < 18) return asIs();
  const { noop_with_empty_axes: _, ...kept } = attributes;
  const axes = inputs[1] ? mustNumbers('a reduction', 'the axes', inputs[1]) : [];
  if (axes.length === 0 && integerOf(attributes, 'noop_with_empty_axes', 0) === 1)
    return [inputs[0] as Value];
  return asIs(axes.length === 0 ? kept : { ...kept, axes: ints(axes) }, inputs.slice(0, 1));
};

/** The number of parts became an attribute in opset 18; compiled graphs state every size where it is given. */
const split: Lowering = (context) => {
  const { inputs, attributes, scope, asIs } = context;
  const { num_outputs: count, ...kept } = attributes;
  if (!count) return asIs();
  const x = inputAt(context, 0);
  const axis = integerOf(attributes, 'axis', 0);
  const size = x.shape.at(axis);
  if (typeof size !== 'number') throw new ConfigError(`the axis that is split must be known, got ${size}`);
  const parts = integerOf(attributes, 'num_outputs', 1);
  if (parts !== context.outputCount || parts > size) {
    throw new ConfigError(`num_outputs must be the number of outputs, at most ${size}, got ${parts}`);
  }
  const each = Math.ceil(size / parts);
  const sizes = Array.from({ length: parts }, (_, part) => Math.min(each, size - part * each));
  return asIs(kept, [inputs[0] ?? null, scope.context.builder.constant('int64', [parts], sizes)]);
};

/** The axes became an input in opset 18; compiled graphs state the padding of every axis. */
const pad: Lowering = (context) => {
  const [, pads, fill, axes] = context.inputs;
  if (!axes) return context.asIs();
  const x = inputAt(context, 0);
  const rank = x.shape.length;
  const counts = mustNumbers('Pad', 'the pads', pads);
  const padded = mustNumbers('Pad', 'the axes', axes).map((axis) => (axis < 0 ? axis + rank : axis));
  const all = Array.from({ length: 2 * rank }, (_, side) => {
    const at = padded.indexOf(side % rank);
    return at < 0 ? 0 : (counts[at + (side < rank ? 0 : padded.length)] ?? 0);
  });
  const stated = context.scope.context.builder.constant('int64', [all.length], all);
  return context.asIs(context.attributes, fill ? [x, stated, fill] : [x, stated]);
};

/** Gaps between the elements of a window came in opset 19. */
const averagePool: Lowering = ({ attributes, asIs }) => {
  const { dilations: _, ...kept } = attributes;
  if (integersOf(attributes, 'dilations').every((step) => step === 1)) return asIs(kept);
  throw new ConfigError('the dilations of AveragePool must be 1');
};

/** `saturate` came in opset 19, for types that are not read here. */
const cast: Lowering = (context) => {
  const { saturate: _, ...kept } = context.attributes;
  const [made] = context.asIs(kept);
  const x = inputAt(context, 0);
  return made && made.dtype !== x.dtype ? [made] : [x];
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
    const column = reshapeTo(builder, value, [groups, 1]);
    const each = { dtype: value.dtype, shape: [groups, channels / groups] };
    const sizes = builder.constant('int64', [2], each.shape);
    return reshapeTo(builder, builder.node('Expand', [column, sizes], {}, each), [channels]);
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

/** Filled with what the file's tensor holds, zero by default. */
const constantOfShape: Lowering = ({ node, inputs, scope }) => {
  const { builder } = scope.context;
  const value = node.attributes.value;
  const tensor = value && 'tensor' in value ? value.tensor : undefined;
  if (tensor?.dtype === 'string') throw new ConfigError('the value must be a number, got a text');
  const fill = builder.constant(tensor?.dtype ?? 'float32', [], [tensor?.data[0] ?? 0]);
  const shape = mustElements('ConstantOfShape', 'the shape', inputs[0]);
  return [builder.node('Expand', [fill, inputs[0] ?? null], {}, { dtype: fill.dtype, shape })];
};

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'];

export const lowerings: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(reductions.map((kind) => [`Reduce${kind}`, reduction])),
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  ConstantOfShape: constantOfShape,
  Dropout: dropout,
  Gelu: gelu,
  GroupNormalization: groupNormalization,
  Identity: alias,
  MatMul: matMul,
  Mish: mish,
  Pad: pad,
  Reshape: reshape,
  Split: split,
};

function inputAt({ inputs }: LoweringContext, index: number): Value {
  const value = inputs[index];
  if (!value) throw new ConfigError(`input ${index} must be there, it is left out`);
  return value;
}

function constantNumber(value: Value, what: string): number {
  const data = 'data' in value ? (value.data as readonly number[]) : elementsOf(value);
  if (data?.length === 1 && typeof data[0] === 'number') return data[0];
  throw new ConfigError(`${what} must be a constant number, got the computed "${value.name}"`);
}
