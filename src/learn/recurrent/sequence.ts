/** Sequences laid out step by step, [steps * batch, width]: cutting them into steps and joining steps again. */
import { int } from '../attributes.js';
import { zerosLike } from '../gradients/nodes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { productOf, quotientOf } from '../shapes/dims.js';

/** The rows of each step, [batch, width]. */
export function stepsOf(builder: GraphBuilder, sequence: Value, steps: number): Value[] {
  if (steps === 1) return [sequence];
  const batch = quotientOf(sequence.shape.slice(0, 1), [steps]);
  const type = { dtype: sequence.dtype, shape: [batch, ...sequence.shape.slice(1)] };
  return builder.nodes('Split', [sequence], { axis: int(0) }, new Array(steps).fill(type));
}

/** Steps one behind the other. */
export function sequenceOf(builder: GraphBuilder, steps: readonly Value[]): Value {
  const [first] = steps as [Value];
  if (steps.length === 1) return first;
  const shape = [productOf([steps.length, ...first.shape.slice(0, 1)]), ...first.shape.slice(1)];
  return builder.node('Concat', steps, { axis: int(0) }, { dtype: first.dtype, shape });
}

/** What each step found from the step before: `initial`, or zeros, and all values but the last. */
export function shifted(builder: GraphBuilder, steps: readonly Value[], initial: Value | null): Value {
  const [first] = steps as [Value];
  return sequenceOf(builder, [initial ?? zerosLike(builder, first), ...steps.slice(0, -1)]);
}

/** Parts of `sizes` along an axis. */
export function partsOf(
  builder: GraphBuilder,
  value: Value,
  axis: number,
  sizes: readonly number[],
): Value[] {
  if (sizes.length === 1) return [value];
  const types = sizes.map((size) => ({ dtype: value.dtype, shape: value.shape.with(axis, size) }));
  const lengths = builder.constant('int64', [sizes.length], sizes);
  return builder.nodes('Split', [value, lengths], { axis: int(axis) }, types);
}

/** Columns in parts of `width`. */
export function columnsOf(builder: GraphBuilder, value: Value, width: number): Value[] {
  return partsOf(builder, value, 1, new Array<number>(Number(value.shape[1]) / width).fill(width));
}

/** Values side by side. */
export function besides(builder: GraphBuilder, values: readonly Value[]): Value {
  return builder.node('Concat', values, { axis: int(1) });
}
