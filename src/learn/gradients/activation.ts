/** Gradients of activations and of operators that only move elements. */
import type { GradientRule } from './rule.js';
import { inputAt, outputGradient, reshape } from './rule.js';

/** The sign of what came out is 0 where nothing passed and 1 elsewhere. */
const relu: GradientRule = (context) => {
  const passed = context.builder.node('Sign', [context.outputs[0] ?? null]);
  return [context.builder.node('Mul', [outputGradient(context), passed])];
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
