/** Operators of ONNX files that are rewritten: newer ones into older words, special cases into faster ones. */
import { ConfigError } from '../errors.js';
import { int, integerOf, ints } from './attributes.js';
import type { Dim, Value } from './graph.js';
import { layerLowerings } from './import-layer-lowerings.js';
import { inputAt, type Lowering } from './import-lowering.js';
import { type RecurrentOperator, recurrentOperator } from './recurrent/onnx-recurrent.js';
import { productOf, quotientOf } from './shapes/dims.js';
import { mustElements, mustNumbers } from './shapes/rule.js';
import { inferOutputs } from './shapes.js';

const alias: Lowering = (context) => [inputAt(context, 0)];

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

/** `saturate` came in opset 19, for types that are not read here. */
const cast: Lowering = (context) => {
  const { saturate: _, ...kept } = context.attributes;
  const [made] = context.asIs(kept);
  const x = inputAt(context, 0);
  return made && made.dtype !== x.dtype ? [made] : [x];
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

/** Where gradients are taken, its steps one by one; else as it is. */
const recurrence: Lowering = (context) => {
  const { node, inputs, attributes, scope, asIs } = context;
  const { builder, training } = scope.context;
  if (!training) return asIs();
  inferOutputs(node.op, inputs, attributes);
  return recurrentOperator(builder, node.op as RecurrentOperator, inputs, attributes);
};

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'];

export const lowerings: Readonly<Record<string, Lowering>> = {
  ...layerLowerings,
  ...Object.fromEntries(reductions.map((kind) => [`Reduce${kind}`, reduction])),
  Cast: cast,
  ConstantOfShape: constantOfShape,
  GRU: recurrence,
  Identity: alias,
  LSTM: recurrence,
  Pad: pad,
  RNN: recurrence,
  Reshape: reshape,
  Split: split,
};
