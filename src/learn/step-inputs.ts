/** The inputs of the graphs of training steps, but for examples and parameters. */

import type { GraphBuilder, Value } from './graph.js';
import { names } from './graph-names.js';
import type { StepScalars } from './optimizer-steps.js';
import { isPlain, shrinks, stateName, stateNamesOf, type UpdateKind } from './update-kind.js';

/** The scalars that an update takes in. */
export function scalarInputs(builder: GraphBuilder, update: UpdateKind): StepScalars {
  const scalar = (name: string) => builder.input(name, 'float32', []);
  return {
    gradientScale: scalar(names.gradientScale),
    ...(isPlain(update) ? {} : { learningRate: scalar(names.learningRate) }),
    ...(update.momentum ? { momentum: scalar(names.momentum) } : {}),
    ...(shrinks(update) ? { weightDecay: scalar(names.weightDecay) } : {}),
    ...(update.proximal && !isPlain(update) ? { proximalTerm: scalar(names.proximalTerm) } : {}),
    ...(update.clipped ? { clippingNorm: scalar(names.clippingNorm) } : {}),
    ...(update.examplesClipped ? { exampleClippingNorm: scalar(names.exampleClippingNorm) } : {}),
  };
}

/** What is added to the gradient of every parameter in every step. */
export function pullInputs(
  builder: GraphBuilder,
  parameters: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const inputs = [...parameters].map(
    ([name, { shape }]) => [name, builder.input(names.pull(name), 'float32', shape)] as const,
  );
  return new Map(inputs);
}

/** What the optimiser kept from the step before. */
export function stateInputs(
  builder: GraphBuilder,
  update: UpdateKind,
  parameters: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const { arrays, numbers } = stateNamesOf(update);
  const shapes = [
    ...arrays.flatMap((array) =>
      [...parameters].map(([name, { shape }]) => [stateName(array, name), shape] as const),
    ),
    ...numbers.map((name) => [name, []] as const),
  ];
  return new Map(shapes.map(([name, shape]) => [name, builder.input(name, 'float32', shape)]));
}
