/** What a gradient rule is, and what rules share. */
import { ShapeError } from '../../errors.js';
import { int } from '../attributes.js';
import type { Attributes, Dim, GraphBuilder, Value } from '../graph.js';

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
