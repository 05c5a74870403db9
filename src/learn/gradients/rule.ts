/** What a gradient rule is, and what rules share. */
import { ShapeError } from '../../errors.js';
import { int, ints } from '../attributes.js';
import type { Attributes, Dim, GraphBuilder, Value } from '../graph.js';
import { known } from '../shapes.js';

/** The number of float32 among ONNX's element types. */
const FLOAT_32 = 1;

/** One node of the forward graph, seen by its gradient rule. */
export interface RuleContext {
  readonly builder: GraphBuilder;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  /** The gradient of the loss by each output; null where the loss does not depend on it. */
  readonly gradients: readonly (Value | null)[];
  /** Whether the gradient by input `index` is needed; a rule may leave the others out. */
  wants(index: number): boolean;
}

/** Gives the gradient of the loss by each input, null (or absent) for those that are not wanted. */
export type GradientRule = (context: RuleContext) => (Value | null)[];

/** The input at `index`, which the operator requires. */
export function inputAt(context: RuleContext, index: number): Value {
  const value = context.inputs[index];
  if (!value) throw new ShapeError(`an operator lacks its input ${index}`);
  return value;
}

/** The gradient by the first output. */
export function outputGradient(context: RuleContext): Value {
  const value = context.gradients[0];
  if (!value) throw new ShapeError('a gradient rule needs the gradient of its first output');
  return value;
}

/** Undoes broadcasting: sums `gradient` over the axes along which a value of `shape` was repeated. */
export function sumTo(builder: GraphBuilder, gradient: Value, shape: readonly Dim[]): Value {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return gradient;
  const summed = reduceSum(builder, gradient, axes, true);
  return extra === 0 ? summed : reshape(builder, summed, shape);
}

/** Sum over `axes`; they stay as size 1 where `keep` is set. */
export function reduceSum(
  builder: GraphBuilder,
  value: Value,
  axes: readonly number[],
  keep: boolean,
): Value {
  const shape = value.shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
  const axesInput = builder.constant('int64', [axes.length], axes);
  return builder.node('ReduceSum', [value, axesInput], { keepdims: int(keep ? 1 : 0) }, { ...value, shape });
}

/** The same elements under another shape, of which one size may be known only at run time. */
export function reshape(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const sizes = shape.map((size) => (typeof size === 'string' ? -1 : size));
  const target = builder.constant('int64', [sizes.length], sizes);
  return builder.node('Reshape', [value, target], {}, { dtype: value.dtype, shape });
}

/** The axes in the order of `perm`. */
export function transpose(builder: GraphBuilder, value: Value, perm: readonly number[]): Value {
  return builder.node('Transpose', [value], { perm: ints(perm) });
}

/** 1 where `value` (bool) holds, else 0. */
export function asFloat(builder: GraphBuilder, value: Value): Value {
  return builder.node('Cast', [value], { to: int(FLOAT_32) }, { dtype: 'float32', shape: value.shape });
}

/** The first elements along some axes: `sizes` by axis. */
export function crop(builder: GraphBuilder, value: Value, sizes: Readonly<Record<number, number>>): Value {
  const axes = Object.keys(sizes).map(Number);
  const shape = value.shape.map((size, axis) => sizes[axis] ?? size);
  if (axes.every((axis) => shape[axis] === value.shape[axis])) return value;
  const vector = (values: readonly number[]) => builder.constant('int64', [values.length], values);
  const ends = axes.map((axis) => sizes[axis] ?? 0);
  const inputs = [value, vector(axes.map(() => 0)), vector(ends), vector(axes)];
  return builder.node('Slice', inputs, {}, { dtype: value.dtype, shape });
}

/** Undoes `crop`: zeros behind the elements of the last two axes, up to `shape`. */
export function pad(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const missing = shape.map((size, axis) => (axis < 2 ? 0 : known(size) - known(value.shape[axis] ?? 0)));
  if (missing.every((count) => count === 0)) return value;
  const counts = [...missing.map(() => 0), ...missing];
  const pads = builder.constant('int64', [counts.length], counts);
  return builder.node('Pad', [value, pads], {}, { dtype: value.dtype, shape });
}
