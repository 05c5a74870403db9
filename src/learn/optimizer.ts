/** The update at the end of a training step: SGD with heavy-ball momentum and weight decay, as graph nodes. */
import type { GraphBuilder, Value } from './graph.js';

/** Scalars that a step takes in. Those that are absent are not used. */
export interface StepScalars {
  /** Already a factor of every gradient. Without momentum it contains minus the learning rate. */
  readonly gradientScale: Value;
  readonly learningRate?: Value;
  readonly momentum?: Value;
  /**
   * Without momentum: the factor that shrinks parameters, 1 - learningRate * weightDecay. With momentum: the
   * weight decay itself, which joins the gradient (as in PyTorch's SGD).
   */
  readonly weightDecay?: Value;
}

/** Appends the update of every parameter; returns the new parameters and velocities by name. */
export function updateParameters(
  builder: GraphBuilder,
  scalars: StepScalars,
  names: readonly string[],
  parameters: readonly Value[],
  gradients: readonly Value[],
  velocities: ReadonlyMap<string, Value>,
): { parameters: Map<string, Value>; velocities: Map<string, Value> } {
  const { learningRate, momentum, weightDecay } = scalars;
  const nextParameters = new Map<string, Value>();
  const nextVelocities = new Map<string, Value>();
  names.forEach((name, index) => {
    const parameter = parameters[index] as Value;
    const gradient = gradients[index] as Value;
    const velocity = velocities.get(name);
    if (!momentum || !learningRate || !velocity) {
      const shrunk = weightDecay ? builder.node('Mul', [parameter, weightDecay]) : parameter;
      nextParameters.set(name, addGradient(builder, shrunk, gradient));
      return;
    }
    const penalised = weightDecay
      ? builder.node('Add', [gradient, builder.node('Mul', [parameter, weightDecay])])
      : gradient;
    const moved = builder.node('Add', [builder.node('Mul', [velocity, momentum]), penalised]);
    nextVelocities.set(name, moved);
    nextParameters.set(name, builder.node('Sub', [parameter, builder.node('Mul', [moved, learningRate])]));
  });
  return { parameters: nextParameters, velocities: nextVelocities };
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
