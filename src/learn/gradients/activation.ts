/** Gradients of activations and of operators that only move elements. */
import type { GradientRule } from './rule.js';
import { asFloat, inputAt, outputGradient, reshape } from './rule.js';

/** Comparing and casting takes half the time of `Sign`. */
const relu: GradientRule = (context) => {
  const { builder } = context;
  const zero = builder.constant('float32', [], [0]);
  const passed = builder.node('Greater', [context.outputs[0] ?? null, zero]);
  return [builder.node('Mul', [outputGradient(context), asFloat(builder, passed)])];
};

const sigmoid: GradientRule = (context) => {
  const { builder } = context;
  const y = context.outputs[0] ?? null;
  const square = builder.node('Mul', [y, y]);
  return [builder.node('Mul', [outputGradient(context), builder.node('Sub', [y, square])])];
};

const reshaped: GradientRule = (context) => [
  reshape(context.builder, outputGradient(context), inputAt(context, 0).shape),
];

export const activationRules = {
  Relu: relu,
  Sigmoid: sigmoid,
  Flatten: reshaped,
} satisfies Record<string, GradientRule>;
