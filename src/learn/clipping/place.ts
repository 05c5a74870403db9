/** Where the examples of a batch lie in a value, and how a value is laid out example by example. */
import { reduceSum, reshape, transpose } from '../gradients/nodes.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import { productOf } from '../shapes/dims.js';

/**
 * The axis along which examples lie. An example takes `inner` elements of it in a row: 1, unless positions and
 * examples were merged into one axis.
 */
export interface Place {
  readonly axis: number;
  readonly inner: number;
}

/** Of a size that holds the batch: how many elements an example takes; undefined for other sizes. */
export function innerOf(size: Dim | undefined, batch: Dim): number | undefined {
  if (size === batch) return 1;
  if (typeof size !== 'string') return undefined;
  const factors = size.split('*');
  const inner = Number(factors[0]);
  return factors.length === 2 && factors[1] === batch && inner > 0 ? inner : undefined;
}

/** The one axis that holds the batch by its size; undefined where there is none, or more than one. */
export function placeBySize({ shape }: Value, batch: Dim): Place | undefined {
  const places = shape.flatMap((size, axis) => {
    const inner = innerOf(size, batch);
    return inner === undefined ? [] : [{ axis, inner }];
  });
  return places.length === 1 ? places[0] : undefined;
}

/**
 * The value as [batch, places, ...`last`], where `last` are its last axes (how many is `kept`) and all others are
 * places of the example; [batch, ...last] where there is one place only.
 */
export function rowsByExample(
  builder: GraphBuilder,
  value: Value,
  { axis, inner }: Place,
  batch: Dim,
  kept = 1,
): Value {
  const axes = [...value.shape.keys()];
  const front = transpose(builder, value, [axis, ...axes.toSpliced(axis, 1)]);
  const [, ...rest] = front.shape;
  const places = productOf([inner, ...rest.slice(0, rest.length - kept)]);
  const last = kept === 0 ? [] : rest.slice(-kept);
  return reshapeTo(builder, front, places === 1 ? [batch, ...last] : [batch, places, ...last]);
}

/**
 * Undoes broadcasting example by example: sums `gradient` over the axes along which a value of `shape` was
 * repeated, but not over examples. Gives [batch, ...shape].
 */
export function sumByExample(
  builder: GraphBuilder,
  gradient: Value,
  { axis, inner }: Place,
  batch: Dim,
  shape: readonly Dim[],
): Value {
  const rank = gradient.shape.length;
  const wide = [...Array<Dim>(rank - shape.length).fill(1), ...shape];
  const repeated = wide.flatMap((size, at) =>
    at !== axis && size === 1 && gradient.shape[at] !== 1 ? [at] : [],
  );
  const summed = reduceSum(builder, gradient, repeated, true);
  const axes = [...summed.shape.keys()];
  const front = transpose(builder, summed, [axis, ...axes.toSpliced(axis, 1)]);
  if (inner === 1) return reshapeTo(builder, front, [batch, ...shape]);
  const split = reshapeTo(builder, front, [batch, inner, ...shape]);
  return reduceSum(builder, split, [1], false);
}

function reshapeTo(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const same = shape.length === value.shape.length && shape.every((size, at) => size === value.shape[at]);
  return same ? value : reshape(builder, value, shape);
}
