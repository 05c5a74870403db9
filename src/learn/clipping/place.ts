/** Where the examples of a batch lie in a value, and how a value is laid out example by example. */
import { reduceSum, reshape, transpose } from '../gradients/nodes.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import { productOf } from '../shapes/dims.js';

/**
 * The axis along which examples lie: `outer` rows of examples one behind the other, in which each example takes `inner`
 * elements. Both are 1, unless examples were merged with other axes, those before them or those behind.
 */
export interface Place {
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** Of a size that holds the batch: how many elements an example takes; undefined for other sizes. */
export function elementsEach(size: Dim | undefined, batch: Dim): number | undefined {
  if (size === batch) return 1;
  if (typeof size !== 'string') return undefined;
  const factors = size.split('*');
  const each = Number(factors[0]);
  return factors.length === 2 && factors[1] === batch && each > 0 ? each : undefined;
}

/** The one axis that holds the batch by its size; undefined where there is none, or more than one. */
export function placeBySize({ shape }: Value, batch: Dim): Place | undefined {
  const places = shape.flatMap((size, axis) => {
    const inner = elementsEach(size, batch);
    return inner === undefined ? [] : [{ axis, outer: 1, inner }];
  });
  return places.length === 1 ? places[0] : undefined;
}

/** Whether two places are the same. */
export function samePlace(a: Place, b: Place): boolean {
  return a.axis === b.axis && a.outer === b.outer && a.inner === b.inner;
}

/**
 * The value as [batch, places, ...`last`], where `last` are its last axes (how many is `kept`) and all others are
 * places of the example; [batch, ...last] where there is one place only.
 */
export function rowsByExample(
  builder: GraphBuilder,
  value: Value,
  place: Place,
  batch: Dim,
  kept = 1,
): Value {
  const { split, axis, inner } = withoutOuter(builder, value, place, batch);
  const axes = [...split.shape.keys()];
  const front = transpose(builder, split, [axis, ...axes.toSpliced(axis, 1)]);
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
  place: Place,
  batch: Dim,
  shape: readonly Dim[],
): Value {
  const aligned = [...Array<Dim>(gradient.shape.length - shape.length).fill(1), ...shape];
  const { split, axis, inner } = withoutOuter(builder, gradient, place, batch);
  const wide = axis === place.axis ? aligned : aligned.toSpliced(place.axis, 0, 1);
  const repeated = wide.flatMap((size, at) =>
    at !== axis && size === 1 && split.shape[at] !== 1 ? [at] : [],
  );
  const summed = reduceSum(builder, split, repeated, true);
  const axes = [...summed.shape.keys()];
  const front = transpose(builder, summed, [axis, ...axes.toSpliced(axis, 1)]);
  if (inner === 1) return reshapeTo(builder, front, [batch, ...shape]);
  return reduceSum(builder, reshapeTo(builder, front, [batch, inner, ...shape]), [1], false);
}

/** With an axis of their own for the rows of examples, before that of the examples. */
function withoutOuter(
  builder: GraphBuilder,
  value: Value,
  { axis, outer, inner }: Place,
  batch: Dim,
): { split: Value; axis: number; inner: number } {
  if (outer === 1) return { split: value, axis, inner };
  const shape = value.shape.toSpliced(axis, 1, outer, productOf([inner, batch]));
  return { split: reshape(builder, value, shape), axis: axis + 1, inner };
}

function reshapeTo(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const same = shape.length === value.shape.length && shape.every((size, at) => size === value.shape[at]);
  return same ? value : reshape(builder, value, shape);
}
