/**
 * The gradients of all examples by one value, without adding them up: as they are, or as the factors of outer
 * products, from which norms follow without the products (Goodfellow 2015; Li et al. 2022, "ghost clipping"), and
 * weighted sums too (Bu et al. 2023, "book-keeping").
 */
import { int } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { reduceSum, reshape, scatterAlong, transpose, unsqueeze, vector } from '../gradients/nodes.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import {
  columnsOf,
  crossed,
  type Factor,
  isSingle,
  joined,
  placesOf,
  rowsOf,
  sizeOf,
  withPlaces,
} from './factor.js';

/** The gradient of every example by one value. */
export type ExampleGradient =
  /** [batch, ...shape of the value]. */
  | { readonly type: 'whole'; readonly values: Value }
  /** As a matrix, row-major: the sum over places of `left` as a column times `right` as a row. */
  | { readonly type: 'outer'; readonly left: Factor; readonly right: Factor };

/** Multiplications that one element of a whole gradient is worth: it is also written, and read twice. */
const ELEMENT_COST = 8;

/** What all of `gradients`, by one value, add up to, in as few terms as it takes: none of them to be split again. */
export function merged(
  builder: GraphBuilder,
  gradients: readonly ExampleGradient[],
  shape: readonly Dim[],
): ExampleGradient[] {
  const groups = new Map<string, ExampleGradient[]>();
  for (const gradient of gradients) {
    const key =
      gradient.type === 'whole'
        ? 'whole'
        : [gradient.left, gradient.right].map((factor) => `${factor.type} ${sizeOf(factor)}`).join();
    groups.set(key, [...(groups.get(key) ?? []), gradient]);
  }
  const terms = [...groups.values()].map((group) => summed(builder, group, shape));
  const cheap = terms.every((a) => terms.every((b) => a === b || factorsAreCheaper(a, b)));
  if (terms.length === 1 || cheap) return terms;
  const wholes = terms.map(
    (values): ExampleGradient => ({
      type: 'whole',
      values: wholeOf(builder, values, shape),
    }),
  );
  return [summed(builder, wholes, shape)];
}

function summed(
  builder: GraphBuilder,
  group: readonly ExampleGradient[],
  shape: readonly Dim[],
): ExampleGradient {
  const [first] = group as [ExampleGradient];
  if (group.length === 1) return first;
  if (group.every((gradient) => gradient.type === 'outer')) {
    const left = joined(
      builder,
      group.map((outer) => outer.left),
    );
    return {
      type: 'outer',
      left,
      right: joined(
        builder,
        group.map((outer) => outer.right),
      ),
    };
  }
  const { add } = arithmeticOf(builder);
  const values = group.map((each) => wholeOf(builder, each, shape)).reduce((sum, each) => add(sum, each));
  return { type: 'whole', values };
}

/** The squared L2 norm of each example's sum of `terms`, which are `merged`: [batch]. */
export function squaredNorms(builder: GraphBuilder, terms: readonly ExampleGradient[]): Value {
  const { add, mul } = arithmeticOf(builder);
  const products = terms.flatMap((a, index) => [
    squaredNorm(builder, a),
    ...terms.slice(index + 1).map((b) => mul(innerProducts(builder, a, b), 2)),
  ]);
  return products.reduce((sum, each) => add(sum, each));
}

function squaredNorm(builder: GraphBuilder, gradient: ExampleGradient): Value {
  const { mul } = arithmeticOf(builder);
  if (gradient.type === 'outer' && isSingle(gradient.left) && isSingle(gradient.right)) {
    const norms = [gradient.left, gradient.right].flatMap((factor) =>
      factor.type === 'one-hot' ? [] : [rowSum(builder, mul(factor.values, factor.values))],
    );
    if (norms.length > 0) return norms.reduce((product, norm) => mul(product, norm));
  }
  return innerProducts(builder, gradient, gradient);
}

function innerProducts(builder: GraphBuilder, a: ExampleGradient, b: ExampleGradient): Value {
  const { mul } = arithmeticOf(builder);
  if (a.type === 'outer' && b.type === 'outer' && factorsAreCheaper(a, b)) {
    return rowSum(builder, mul(crossed(builder, a.left, b.left), crossed(builder, a.right, b.right)));
  }
  return rowSum(builder, mul(matrixOf(builder, a), matrixOf(builder, b)));
}

/** The sum over examples of `weights` [batch] times their gradients by a value of `shape`. */
export function weightedSum(
  builder: GraphBuilder,
  gradient: ExampleGradient,
  weights: Value,
  shape: readonly Dim[],
): Value {
  if (gradient.type === 'whole' || !factorsAreCheaper(gradient, gradient)) {
    const sum = builder.node('MatMul', [weights, flat(builder, matrixOf(builder, gradient))]);
    return inShape(builder, sum, shape);
  }
  const { left, right } = gradient;
  if (left.type === 'rows' && right.type === 'one-hot') {
    const sizes = [sizeOf(right), sizeOf(left)];
    const sum = weightedSum(builder, { type: 'outer', left: right, right: left }, weights, sizes);
    return inShape(builder, transpose(builder, sum, [1, 0]), shape);
  }
  const weighted = (factor: Factor): Value => {
    const rows = rowsOf(builder, factor);
    const { mul } = arithmeticOf(builder);
    return mul(rows, unsqueeze(builder, weights, [...rows.shape.keys()].slice(1)));
  };
  if (left.type === 'one-hot') {
    const size = { value: vector(builder, [left.size]), dim: left.size };
    return inShape(builder, scatterAlong(builder, weighted(right), left.indices, 0, size), shape);
  }
  const leftIsSmaller = sizeOf(left) < sizeOf(right);
  const product = [
    leftIsSmaller ? weighted(left) : rowsOf(builder, left),
    leftIsSmaller ? rowsOf(builder, right) : weighted(right),
  ].map((rows) => asRows(builder, rows));
  return inShape(builder, builder.node('Gemm', product, { transA: int(1) }), shape);
}

/** The gradients themselves: [batch, ...shape of the value]. */
export function wholeOf(builder: GraphBuilder, gradient: ExampleGradient, shape: readonly Dim[]): Value {
  const matrix = matrixOf(builder, gradient);
  return inShape(builder, matrix, [matrix.shape[0] as Dim, ...shape]);
}

/** The gradients themselves, those from factors as [batch, rows, columns]. */
function matrixOf(builder: GraphBuilder, gradient: ExampleGradient): Value {
  if (gradient.type === 'whole') return gradient.values;
  const right = rowsOf(builder, withPlaces(builder, gradient.right));
  return builder.node('MatMul', [columnsOf(builder, gradient.left), right]);
}

/** Whether inner products take less work by factors than by the gradients that the factors make up. */
function factorsAreCheaper(a: ExampleGradient, b: ExampleGradient): boolean {
  if (a.type === 'whole' || b.type === 'whole') return false;
  const [rows, columns] = [sizeOf(a.left), sizeOf(a.right)];
  if (sizeOf(b.left) !== rows || sizeOf(b.right) !== columns) return false;
  const work = (one: Factor, other: Factor) =>
    one.type === 'one-hot' || other.type === 'one-hot' ? 1 : sizeOf(one);
  const pairs = placesOf(a.left) * placesOf(b.left);
  return pairs * (work(a.left, b.left) + work(a.right, b.right)) <= ELEMENT_COST * rows * columns;
}

/** All axes but the last in one. */
function asRows(builder: GraphBuilder, value: Value): Value {
  const rank = value.shape.length;
  return rank === 2 ? value : builder.node('Flatten', [value], { axis: int(rank - 1) });
}

/** All axes but the first in one. */
function flat(builder: GraphBuilder, value: Value): Value {
  if (value.shape.length === 2) return value;
  if (value.shape.length === 1) return unsqueeze(builder, value, [1]);
  return builder.node('Flatten', [value], { axis: int(1) });
}

/** The sum over everything but the first axis. */
function rowSum(builder: GraphBuilder, value: Value): Value {
  return reduceSum(builder, value, [...value.shape.keys()].slice(1), false);
}

function inShape(builder: GraphBuilder, value: Value, shape: readonly Dim[]): Value {
  const same = value.shape.length === shape.length && shape.every((size, at) => size === value.shape[at]);
  return same ? value : reshape(builder, value, shape);
}
