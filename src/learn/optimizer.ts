/** The update at the end of a training step, as graph nodes: of all parameters and all state. */
import { type Arithmetic, arithmeticOf } from './gradients/formulas.js';
import { sumAll } from './gradients/nodes.js';
import type { GraphBuilder, Value } from './graph.js';
import {
  movedParameter,
  type NamedValues,
  nextNumbers,
  type Step,
  type StepScalars,
} from './optimizer-steps.js';
import { isPlain, stateName, type UpdateKind } from './update-kind.js';

/**
 * Appends the update of every parameter; returns the new parameters and the new state.
 *
 * @param pulls what is added to the gradient of each parameter in every step; in a plain update, to the parameter
 */
export function updateParameters(
  builder: GraphBuilder,
  update: UpdateKind,
  scalars: StepScalars,
  parameters: NamedValues,
  gradients: readonly Value[],
  state: NamedValues,
  pulls: NamedValues,
): { parameters: Map<string, Value>; state: Map<string, Value> } {
  const nextParameters = new Map<string, Value>();
  const names = [...parameters.keys()];
  if (isPlain(update)) {
    names.forEach((name, index) => {
      const parameter = parameters.get(name) as Value;
      const shrunk = scalars.weightDecay ? builder.node('Mul', [parameter, scalars.weightDecay]) : parameter;
      const pull = pulls.get(name);
      const pulled = pull ? builder.node('Add', [shrunk, pull]) : shrunk;
      nextParameters.set(name, addGradient(builder, pulled, gradients[index] as Value));
    });
    return { parameters: nextParameters, state: new Map() };
  }
  const arithmetic = arithmeticOf(builder);
  const factor = scalars.clippingNorm
    ? clippingFactor(builder, arithmetic, gradients, scalars.clippingNorm)
    : null;
  const nextState = new Map(nextNumbers(arithmetic, update, state));
  names.forEach((name, index) => {
    const clipped = gradients[index] as Value;
    const parameter = parameters.get(name) as Value;
    const pull = pulls.get(name);
    const { add, mul } = arithmetic;
    const gradient = factor ? mul(clipped, factor) : clipped;
    const towards = pull && scalars.proximalTerm ? add(mul(parameter, scalars.proximalTerm), pull) : pull;
    const step: Step = {
      ...arithmetic,
      update,
      scalars,
      parameter,
      gradient: towards ? add(gradient, towards) : gradient,
      learningRate: scalars.learningRate as Value,
      before: (array) => state.get(stateName(array, name)) as Value,
      number: (number) => nextState.get(number) as Value,
      keep(array, value) {
        nextState.set(stateName(array, name), value);
        return value;
      },
    };
    nextParameters.set(name, movedParameter(step));
  });
  return { parameters: nextParameters, state: nextState };
}

/** What brings the L2 norm of all gradients together down to `norm`, 1 where it is less (as in PyTorch). */
function clippingFactor(
  builder: GraphBuilder,
  { add, mul, div, sqrt, where, greater }: Arithmetic,
  gradients: readonly Value[],
  norm: Value,
): Value {
  const squares = gradients.map((gradient) => sumAll(builder, mul(gradient, gradient)));
  const total = sqrt(squares.reduce((sum, square) => add(sum, square)));
  const factor = div(norm, add(total, 1e-6));
  return where(greater(factor, 1), 1, factor);
}

/** `parameter + gradient`; where the gradient is a matrix product, as the third operand of that product. */
function addGradient(builder: GraphBuilder, parameter: Value, gradient: Value): Value {
  const product = builder.producer(gradient);
  if (product?.op !== 'Gemm' || product.inputs.length !== 2) {
    return builder.node('Add', [parameter, gradient]);
  }
  const [left, right] = product.inputs.map((name) => builder.value(name));
  return builder.node('Gemm', [left ?? null, right ?? null, parameter], product.attributes, parameter);
}
