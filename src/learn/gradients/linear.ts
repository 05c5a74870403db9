/** Gradients of matrix products. */
import { float, floatOf, int, integerOf } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { arithmeticOf } from './formulas.js';
import { reshapeLike, swapped, unsqueeze } from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, sumTo } from './rule.js';

const gemm: GradientRule = (context) => {
  const { builder, attributes, inputs } = context;
  const [a, b, c] = [inputAt(context, 0), inputAt(context, 1), inputs[2]];
  const dy = outputGradient(context);
  const transA = integerOf(attributes, 'transA', 0);
  const transB = integerOf(attributes, 'transB', 0);
  const alpha = floatOf(attributes, 'alpha', 1);
  const beta = floatOf(attributes, 'beta', 1);
  const product = (left: Value, right: Value, leftTransposed: number, rightTransposed: number) =>
    matrixProduct(builder, left, right, leftTransposed, rightTransposed, alpha);
  const byA = () => (transA ? product(b, dy, transB, 1) : product(dy, b, 0, 1 - transB));
  const byB = () => (transB ? product(dy, a, 1, transA) : product(a, dy, 1 - transA, 0));
  const byC = (shape: Value['shape']) => {
    const sum = sumTo(builder, dy, shape);
    return beta === 1 ? sum : arithmeticOf(builder).mul(sum, beta);
  };
  return [
    context.wants(0) ? byA() : null,
    context.wants(1) ? byB() : null,
    c && context.wants(2) ? byC(c.shape) : null,
  ];
};

/** `alpha` times the product of two matrices, each as it is (0) or transposed (1). */
function matrixProduct(
  builder: GraphBuilder,
  left: Value,
  right: Value,
  transA: number,
  transB: number,
  alpha: number,
): Value {
  const scaled = alpha === 1 ? {} : { alpha: float(alpha) };
  return builder.node('Gemm', [left, right], { transA: int(transA), transB: int(transB), ...scaled });
}

/** Stacks of matrices, broadcast; a vector is a matrix of one row on the left, of one column on the right. */
const matMul: GradientRule = (context) => {
  const { builder } = context;
  const [a, b] = [inputAt(context, 0), inputAt(context, 1)];
  const [left, right] = [a.shape.length === 1, b.shape.length === 1];
  const rank = outputGradient(context).shape.length + Number(left) + Number(right);
  const added = [...(left ? [rank - 2] : []), ...(right ? [rank - 1] : [])];
  const dy = unsqueeze(builder, outputGradient(context), added);
  const wide = { a: left ? unsqueeze(builder, a, [0]) : a, b: right ? unsqueeze(builder, b, [1]) : b };
  const byA = () => builder.node('MatMul', [dy, swapped(builder, wide.b)]);
  return [
    context.wants(0) ? reshapeLike(builder, sumTo(builder, byA(), wide.a.shape), a) : null,
    context.wants(1) ? reshapeLike(builder, byRight(context, wide.a, wide.b, dy), b) : null,
  ];
};

/** By one matrix for a whole stack: one large product, not a sum of small ones. */
function byRight({ builder }: RuleContext, a: Value, b: Value, dy: Value): Value {
  if (b.shape.length > 2) {
    return sumTo(builder, builder.node('MatMul', [swapped(builder, a), dy]), b.shape);
  }
  return matrixProduct(builder, asRows(builder, a), asRows(builder, dy), 1, 0, 1);
}

/** All axes but the last in one. */
function asRows(builder: GraphBuilder, value: Value): Value {
  if (value.shape.length === 2) return value;
  return builder.node('Flatten', [value], { axis: int(value.shape.length - 1) });
}

export const linearRules = { Gemm: gemm, MatMul: matMul } satisfies Record<string, GradientRule>;
