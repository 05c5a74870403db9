/** The nodes that gradient rules and losses are written with, in forms that every opset from 13 on has. */
import { int, integersOf, ints } from '../attributes.js';
import type { Dim, DType, GraphBuilder, Value } from '../graph.js';
import { elementCount, known } from '../shapes.js';

/** ONNX's numbers of element types. */
const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** A constant list of integers. */
export function vector(builder: GraphBuilder, values: readonly number[]): Value {
  return builder.constant('int64', [values.length], values);
}

/** The sizes of the axes from `start` to before `end`, as a list of integers. */
export function shapeOf(
  builder: GraphBuilder,
  value: Value,
  start = 0,
  end: number = value.shape.length,
): Value {
  const sizes = value.shape.slice(start, end);
  if (sizes.every((size) => typeof size === 'number')) return vector(builder, sizes);
  return builder.node('Shape', [value], { start: int(start), end: int(end) });
}

/** Sum over `axes`; they stay as size 1 where `keep` is set. */
export function reduceSum(
  builder: GraphBuilder,
  value: Value,
  axes: readonly number[],
  keep: boolean,
): Value {
  const shape = value.shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
  const type = { dtype: value.dtype, shape };
  // Without axes, the operator would sum over all of them.
  if (axes.length === 0) return value;
  return builder.node('ReduceSum', [value, vector(builder, axes)], { keepdims: int(keep ? 1 : 0) }, type);
}

/** Sum over all axes: a scalar. */
export function sumAll(builder: GraphBuilder, value: Value): Value {
  return reduceSum(builder, value, [...value.shape.keys()], false);
}

/** The mean over `axes`, which stay as size 1. */
export function mean(builder: GraphBuilder, value: Value, axes: readonly number[]): Value {
  const sum = reduceSum(builder, value, axes, true);
  return builder.node('Div', [sum, countAlong(builder, value, axes)]);
}

/** How many elements lie along `axes`, as a float32 scalar. */
export function countAlong(builder: GraphBuilder, value: Value, axes: readonly number[]): Value {
  const sizes = axes.map((axis) => value.shape[axis] ?? 1);
  if (sizes.every((size) => typeof size === 'number')) {
    return builder.constant('float32', [], [elementCount(sizes)]);
  }
  const all = builder.node('Gather', [shapeOf(builder, value), vector(builder, axes)]);
  return cast(
    builder,
    builder.node('ReduceProd', [all], { keepdims: int(0) }, { dtype: 'int64', shape: [] }),
    'float32',
  );
}

/**
 * The same elements under another shape; a size known only at run time stays in its place, or is the only one.
 * What only undoes another reshape is left out with it.
 */
export function reshape(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const before = builder.producer(value);
  if (before?.op === 'Reshape') {
    const source = builder.value(before.inputs[0] ?? '');
    const same =
      source.shape.length === shape.length && shape.every((size, axis) => size === source.shape[axis]);
    if (same) return source;
  }
  const sizes = shape.map((size, axis) => {
    if (typeof size === 'number') return size;
    return size === value.shape[axis] && !shape.includes(0) ? 0 : -1;
  });
  const attributes = shape.includes(0) ? { allowzero: int(1) } : {};
  return builder.node('Reshape', [value, vector(builder, sizes)], attributes, { dtype: value.dtype, shape });
}

/** The elements of `value` under the shape of `like`. */
export function reshapeLike(builder: GraphBuilder, value: Value, like: Value): Value {
  const { shape } = like;
  const unknown = shape.filter((size) => typeof size === 'string').length;
  if (unknown === 0 || (unknown === 1 && !shape.includes(0))) return reshape(builder, value, shape);
  const target = shapeOf(builder, like);
  return builder.node('Reshape', [value, target], { allowzero: int(1) }, { dtype: value.dtype, shape });
}

/** `value` repeated along the axes that it lacks or has as size 1, to the shape of `like`. */
export function expandLike(builder: GraphBuilder, value: Value, like: Value): Value {
  return builder.node(
    'Expand',
    [value, shapeOf(builder, like)],
    {},
    { dtype: value.dtype, shape: like.shape },
  );
}

/** Zeros of a shape that is given twice: to the running graph, and to us. */
export function zeros(builder: GraphBuilder, sizes: Value, shape: readonly Dim[]): Value {
  return builder.node('ConstantOfShape', [sizes], {}, { dtype: 'float32', shape });
}

/** Zeros of the shape of `like`. */
export function zerosLike(builder: GraphBuilder, like: Value): Value {
  return zeros(builder, shapeOf(builder, like), like.shape);
}

/** New axes of size 1 at `axes`, counted in the result. */
export function unsqueeze(builder: GraphBuilder, value: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? value : builder.node('Unsqueeze', [value, vector(builder, axes)]);
}

/** Without the axes of size 1 at `axes`. */
export function squeeze(builder: GraphBuilder, value: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? value : builder.node('Squeeze', [value, vector(builder, axes)]);
}

/** Lists of integers, one behind the other. */
export function joined(builder: GraphBuilder, lists: readonly Value[]): Value {
  return builder.node('Concat', lists, { axis: int(0) });
}

/** The axes in the order of `perm`; of two transpositions in a row one remains, or none. */
export function transpose(builder: GraphBuilder, value: Value, perm: readonly number[]): Value {
  if (perm.every((from, to) => from === to)) return value;
  const before = builder.producer(value);
  if (before?.op === 'Transpose') {
    const first = integersOf(before.attributes, 'perm');
    // Without its attribute, the operator reverses the axes.
    const both = perm.map((axis) => first[axis] ?? perm.length - 1 - axis);
    return transpose(builder, builder.value(before.inputs[0] ?? ''), both);
  }
  return builder.node('Transpose', [value], { perm: ints(perm) });
}

/** The last two axes swapped. */
export function swapped(builder: GraphBuilder, value: Value): Value {
  const axes = [...value.shape.keys()];
  return transpose(builder, value, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

/** The elements as another type. */
export function cast(builder: GraphBuilder, value: Value, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  return builder.node('Cast', [value], { to: int(ELEMENT_TYPE[dtype]) });
}

/** The first elements along some axes: `sizes` by axis. */
export function crop(builder: GraphBuilder, value: Value, sizes: Readonly<Record<number, number>>): Value {
  const axes = Object.keys(sizes).map(Number);
  const shape = value.shape.map((size, axis) => sizes[axis] ?? size);
  if (axes.every((axis) => shape[axis] === value.shape[axis])) return value;
  const ends = axes.map((axis) => sizes[axis] ?? 0);
  const bounds = [axes.map(() => 0), ends, axes].map((values) => vector(builder, values));
  return builder.node('Slice', [value, ...bounds], {}, { dtype: value.dtype, shape });
}

/** Undoes `crop`: zeros behind the elements of every axis that is shorter than in `shape`. */
export function pad(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const missing = shape.map((size, axis) =>
    size === value.shape[axis] ? 0 : known(size) - known(value.shape[axis] ?? 0),
  );
  if (missing.every((count) => count === 0)) return value;
  const pads = vector(builder, [...missing.map(() => 0), ...missing]);
  return builder.node('Pad', [value, pads], {}, { dtype: value.dtype, shape });
}

/**
 * Adds each part of `updates` to the place along `axis` that `indices` names for it, on zeros: what undoes a
 * `Gather`. `updates` has the axes of `indices` in the place of `axis`.
 *
 * @param size the size of `axis` in the result, for the running graph (a list of one) and for us
 */
export function scatterAlong(
  builder: GraphBuilder,
  updates: Value,
  indices: Value,
  axis: number,
  size: { readonly value: Value; readonly dim: Dim },
): Value {
  const width = indices.shape.length;
  const axes = [...updates.shape.keys()];
  const inner = axes.slice(axis, axis + width);
  const moved = transpose(builder, updates, [...inner, ...axes.slice(0, axis), ...axes.slice(axis + width)]);
  const rest = shapeOf(builder, moved, width);
  const target = zeros(builder, joined(builder, [size.value, rest]), [size.dim, ...moved.shape.slice(width)]);
  const places = unsqueeze(builder, cast(builder, indices, 'int64'), [width]);
  const summed = builder.node('ScatterND', [target, places, moved], { reduction: { string: 'add' } }, target);
  const back = [...target.shape.keys()];
  return transpose(builder, summed, [...back.slice(1, axis + 1), 0, ...back.slice(axis + 1)]);
}
