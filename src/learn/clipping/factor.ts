/** One side of the outer products that make up the gradient of every example by a matrix. */
import { int } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { transpose, unsqueeze } from '../gradients/nodes.js';
import type { GraphBuilder, Value } from '../graph.js';

/** A vector a place: dense rows, or rows that are 1 at one index and 0 elsewhere. */
export type Factor =
  /** [batch, places, size], or [batch, size] where there is one place; [batch, size, places] if so marked. */
  | { readonly type: 'rows'; readonly values: Value; readonly placesLast?: boolean }
  /** Indices from 0 to `size` - 1: [batch, places], or [batch]. */
  | { readonly type: 'one-hot'; readonly indices: Value; readonly size: number };

/** How many elements each vector has. */
export function sizeOf(factor: Factor): number {
  if (factor.type === 'one-hot') return factor.size;
  return Number(factor.values.shape.at(factor.placesLast ? 1 : -1));
}

/** How many places each example has. */
export function placesOf(factor: Factor): number {
  if (isSingle(factor)) return 1;
  const { shape } = factor.type === 'one-hot' ? factor.indices : factor.values;
  return Number(shape[factor.type === 'rows' && factor.placesLast ? 2 : 1]);
}

/** Whether there is no axis for places. */
export function isSingle(factor: Factor): boolean {
  return factor.type === 'one-hot' ? factor.indices.shape.length === 1 : factor.values.shape.length === 2;
}

/** As dense vectors: [batch, places, size], or [batch, size] where there is no axis for places. */
export function rowsOf(builder: GraphBuilder, factor: Factor): Value {
  if (factor.type === 'one-hot') {
    // ONNX Runtime has the operator for indices and depth of one type.
    const depth = builder.constant(factor.indices.dtype, [], [factor.size]);
    return builder.node('OneHot', [factor.indices, depth, builder.constant('float32', [2], [0, 1])]);
  }
  return factor.placesLast ? transpose(builder, factor.values, [0, 2, 1]) : factor.values;
}

/** As dense vectors in columns: [batch, size, places]. */
export function columnsOf(builder: GraphBuilder, factor: Factor): Value {
  const wide = withPlaces(builder, factor);
  if (wide.type === 'rows' && wide.placesLast) return wide.values;
  return transpose(builder, rowsOf(builder, wide), [0, 2, 1]);
}

/** With an axis for places. */
export function withPlaces(builder: GraphBuilder, factor: Factor): Factor {
  if (!isSingle(factor)) return factor;
  if (factor.type === 'rows') return { type: 'rows', values: unsqueeze(builder, factor.values, [1]) };
  return { ...factor, indices: unsqueeze(builder, factor.indices, [1]) };
}

/** The places of all factors, which are of one type and size, in one row. */
export function joined(builder: GraphBuilder, factors: readonly Factor[]): Factor {
  const parts = factors.map((factor) => {
    const wide = withPlaces(builder, factor);
    return wide.type === 'one-hot' ? wide.indices : rowsOf(builder, wide);
  });
  const values = builder.node('Concat', parts, { axis: int(1) });
  const [first] = factors;
  return first?.type === 'one-hot'
    ? { type: 'one-hot', indices: values, size: first.size }
    : { type: 'rows', values };
}

/** The inner products of all vectors of two factors: [batch, places of a, places of b]. */
export function crossed(builder: GraphBuilder, a: Factor, b: Factor): Value {
  const [left, right] = [withPlaces(builder, a), withPlaces(builder, b)];
  if (left.type === 'rows' && right.type === 'rows') {
    return builder.node('MatMul', [rowsOf(builder, left), columnsOf(builder, right)]);
  }
  if (left.type === 'one-hot' && right.type === 'one-hot') {
    return arithmeticOf(builder).isEqual(
      unsqueeze(builder, left.indices, [2]),
      unsqueeze(builder, right.indices, [1]),
    );
  }
  return left.type === 'one-hot'
    ? transpose(builder, elementsAt(builder, rowsOf(builder, right), left.indices), [0, 2, 1])
    : elementsAt(builder, rowsOf(builder, left), (right as { indices: Value }).indices);
}

/** Of each row of [batch, places, size], the elements that the `indices` [batch, others] name. */
function elementsAt(builder: GraphBuilder, rows: Value, indices: Value): Value {
  const places = Number(rows.shape[1]);
  const zeros = builder.constant(indices.dtype, [1, places, 1], new Array<number>(places).fill(0));
  const repeated = builder.node('Add', [unsqueeze(builder, indices, [1]), zeros]);
  return builder.node('GatherElements', [rows, repeated], { axis: int(2) });
}
