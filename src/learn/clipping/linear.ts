/** The gradients of every example by the weights of matrix products. */
import { floatOf, integerOf } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { swapped, transpose, unsqueeze } from '../gradients/nodes.js';
import { inputAt, outputGradient } from '../gradients/rule.js';
import type { Value } from '../graph.js';
import type { ExampleGradient } from './example-gradient.js';
import type { Factor } from './factor.js';
import { type Place, sumByExample } from './place.js';
import { type ExampleContext, type ExampleRule, mustPlace, noRule, vectorsOf } from './rule.js';

const gemm: ExampleRule = (context, index) => {
  const { builder, attributes, outputPlace } = context;
  const dy = outputGradient(context);
  const { mul } = arithmeticOf(builder);
  const times = (value: Value, factor: number) => (factor === 1 ? value : mul(value, factor));
  if (index === 2) {
    const gradient = times(dy, floatOf(attributes, 'beta', 1));
    const { shape } = inputAt(context, 2);
    return { type: 'whole', values: sumByExample(builder, gradient, outputPlace, context.batch, shape) };
  }
  const scaled = times(dy, floatOf(attributes, 'alpha', 1));
  const other = 1 - index;
  const place = mustPlace(context, other);
  const byRows = (value: Value, own: Place) =>
    own.axis === 0
      ? vectorsOf(context, value, own)
      : vectorsOf(context, transpose(builder, value, [1, 0]), { ...own, axis: 0 });
  const [x, d] = [byRows(inputAt(context, other), place), byRows(scaled, outputPlace)];
  const isTransposed = integerOf(attributes, index === 1 ? 'transB' : 'transA', 0) === 1;
  return outer(x, d, (index === 1) !== isTransposed);
};

/** With `first` on the left where `inOrder` is set. */
function outer(first: Factor, second: Factor, inOrder: boolean): ExampleGradient {
  return inOrder
    ? { type: 'outer', left: first, right: second }
    : { type: 'outer', left: second, right: first };
}

/** By a matrix or a vector, factors; by a stack of matrices, what the products add up to. */
const matMul: ExampleRule = (context, index) => {
  const { builder, batch, outputPlace } = context;
  const shared = inputAt(context, index);
  const other = inputAt(context, 1 - index);
  const place = mustPlace(context, 1 - index);
  const dy = outputGradient(context);
  if (shared.shape.length > 2) {
    if (outputPlace.axis >= dy.shape.length - 2) throw noRule(context, index);
    const factors = index === 1 ? [swapped(builder, other), dy] : [dy, swapped(builder, other)];
    const products = builder.node('MatMul', factors);
    return { type: 'whole', values: sumByExample(builder, products, outputPlace, batch, shared.shape) };
  }
  const isVector = shared.shape.length === 1;
  if (index === 1) {
    const wide = isVector ? unsqueeze(builder, dy, [dy.shape.length]) : dy;
    return outer(vectorsOf(context, other, place), vectorsOf(context, wide, outputPlace), true);
  }
  const last = dy.shape.length - 1;
  const wide = isVector ? unsqueeze(builder, dy, [last]) : dy;
  const widePlace = isVector && outputPlace.axis === last ? { ...outputPlace, axis: last + 1 } : outputPlace;
  return outer(columnsOf(context, wide, widePlace), columnsOf(context, other, place), true);
};

/** As `vectorsOf`, of the columns of matrices. */
function columnsOf(context: ExampleContext, value: Value, place: Place): Factor {
  const last = value.shape.length - 1;
  const axis = place.axis === last ? last - 1 : place.axis;
  return vectorsOf(context, swapped(context.builder, value), { ...place, axis });
}

export const linearRules = { Gemm: gemm, MatMul: matMul } satisfies Record<string, ExampleRule>;
