/** Gradients of matrix products and of elementwise arithmetic. */
import { int, integerOf } from '../attributes.js';
import type { GradientRule } from './rule.js';
import { inputAt, outputGradient, sumTo } from './rule.js';

const gemm: GradientRule = (context) => {
  const { builder, attributes, inputs } = context;
  const [a, b, c] = [inputAt(context, 0), inputAt(context, 1), inputs[2]];
  const dy = outputGradient(context);
  const transA = integerOf(attributes, 'transA', 0);
  const transB = integerOf(attributes, 'transB', 0);
  const product = (left: typeof a, right: typeof a, leftTransposed: number, rightTransposed: number) =>
    builder.node('Gemm', [left, right], { transA: int(leftTransposed), transB: int(rightTransposed) });
  const byA = () => (transA ? product(b, dy, transB, 1) : product(dy, b, 0, 1 - transB));
  const byB = () => (transB ? product(dy, a, 1, transA) : product(a, dy, 1 - transA, 0));
  return [
    context.wants(0) ? byA() : null,
    context.wants(1) ? byB() : null,
    c && context.wants(2) ? sumTo(builder, dy, c.shape) : null,
  ];
};

const add: GradientRule = (context) =>
  [0, 1].map((index) =>
    context.wants(index)
      ? sumTo(context.builder, outputGradient(context), inputAt(context, index).shape)
      : null,
  );

const multiply: GradientRule = (context) =>
  [0, 1].map((index) => {
    if (!context.wants(index)) return null;
    const other = inputAt(context, 1 - index);
    const product = context.builder.node('Mul', [outputGradient(context), other]);
    return sumTo(context.builder, product, inputAt(context, index).shape);
  });

export const linearRules = { Gemm: gemm, Add: add, Mul: multiply } satisfies Record<string, GradientRule>;
