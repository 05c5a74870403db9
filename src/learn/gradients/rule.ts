/** What a gradient rule is, and what all rules share. */
import { ShapeError } from '../../errors.js';
import type { Attributes, Dim, GraphBuilder, Value } from '../graph.js';
import { reduceSum, squeeze } from './nodes.js';

/** One node of the forward graph, seen by its gradient rule. */
export interface RuleContext {
  readonly builder: GraphBuilder;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  /** Of a composite: what it kept for its rule. */
  readonly saved: readonly Value[];
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
  if (!value) throw new ShapeError(`${context.op} lacks its input ${index}`);
  return value;
}

/** The first output. */
export function outputOf(context: RuleContext): Value {
  const value = context.outputs[0];
  if (!value) throw new ShapeError(`${context.op} lacks an output`);
  return value;
}

/** The gradient by the first output. */
export function outputGradient(context: RuleContext): Value {
  const value = context.gradients[0];
  if (!value) throw new ShapeError(`${context.op} can be differentiated by its first output only`);
  return value;
}

/** Undoes broadcasting: sums `gradient` over the axes along which a value of `shape` was repeated. */
export function sumTo(builder: GraphBuilder, gradient: Value, shape: readonly Dim[]): Value {
  const extra = gradient.shape.length - shape.length;
  const added = [...Array(extra).keys()];
  const repeated = shape.flatMap((size, axis) =>
    size === 1 && gradient.shape[axis + extra] !== 1 ? [axis + extra] : [],
  );
  if (repeated.length === 0) return reduceSum(builder, gradient, added, false);
  return squeeze(builder, reduceSum(builder, gradient, [...added, ...repeated], true), added);
}
