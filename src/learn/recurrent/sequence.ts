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

/** Columns of `sequence` in parts of `width`. */
export function columnsOf(builder: GraphBuilder, value: Value, width: number): Value[] {
  const count = Number(value.shape[1]) / width;
  if (count === 1) return [value];
  const type = { dtype: value.dtype, shape: [value.shape[0] ?? 1, width] };
  const sizes = builder.constant('int64', [count], new Array<number>(count).fill(width));
  return builder.nodes('Split', [value, sizes], { axis: int(1) }, new Array(count).fill(type));
}

/** Values side by side. */
export function besides(builder: GraphBuilder, values: readonly Value[]): Value {
  return builder.node('Concat', values, { axis: int(1) });
}
