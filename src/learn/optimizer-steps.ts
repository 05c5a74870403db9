/** One step of each optimiser for one parameter, as graph nodes. */
import type { Arithmetic } from './gradients/formulas.js';
import type { Value } from './graph.js';
import type { LocalOptimizer } from './trainer.js';
import type { UpdateKind } from './update-kind.js';

/** Scalars that a step takes in. Those that are absent are not used. */
export interface StepScalars {
  /** Already a factor of every gradient. In a plain update it contains minus the learning rate. */
  readonly gradientScale: Value;
  readonly learningRate?: Value;
  readonly momentum?: Value;
  /** In a plain update: the factor that shrinks parameters, 1 - learningRate * weightDecay. Else the weight decay. */
  readonly weightDecay?: Value;
  /** In a plain update, a part of what `weightDecay` is. Else the weight of the proximal term. */
  readonly proximalTerm?: Value;
  readonly clippingNorm?: Value;
  readonly exampleClippingNorm?: Value;
}

/** Values by name. */
export type NamedValues = ReadonlyMap<string, Value>;

type Adam = Extract<LocalOptimizer, { type: 'adam' | 'adamw' }>;

/** One parameter's step. */
export interface Step extends Arithmetic {
  readonly update: UpdateKind;
  readonly scalars: StepScalars;
  readonly parameter: Value;
  readonly gradient: Value;
  readonly learningRate: Value;
  /** The state array of this parameter before the step. */
  before(array: string): Value;
  /** A single number of the state after this step. */
  number(name: string): Value;
  /** Makes `value` the state array of this parameter after the step; gives it back. */
  keep(array: string, value: Value): Value;
}

/** The parameter after the step. */
export function movedParameter(step: Step): Value {
  const { update, parameter, learningRate, scalars, mul, sub } = step;
  const optimizer = update.optimizer ?? { type: 'sgd' };
  switch (optimizer.type) {
    case 'sgd':
      return sub(
        parameter,
        mul(withMomentum(step, penalised(step), optimizer.nesterov ?? false), learningRate),
      );
    case 'adagrad':
      return sub(parameter, mul(adagradStep(step, optimizer.epsilon ?? 1e-10), learningRate));
    case 'rmsprop':
      return sub(parameter, mul(withMomentum(step, rmspropStep(step, optimizer), false), learningRate));
    case 'adam':
      return sub(parameter, mul(adamStep(step, penalised(step), optimizer), learningRate));
    case 'adamw': {
      const { weightDecay } = scalars;
      const shrunk = weightDecay ? mul(parameter, sub(1, mul(learningRate, weightDecay))) : parameter;
      return sub(shrunk, mul(adamStep(step, step.gradient, optimizer), learningRate));
    }
    default:
      return optimizer satisfies never;
  }
}

/** With the gradient of the L2 penalty. */
function penalised({ gradient, parameter, scalars, add, mul }: Step): Value {
  return scalars.weightDecay ? add(gradient, mul(parameter, scalars.weightDecay)) : gradient;
}

/** Heavy ball (Polyak 1964); Nesterov's as in Sutskever et al. (2013), in PyTorch's form. */
function withMomentum(step: Step, direction: Value, nesterov: boolean): Value {
  const { scalars, add, mul, before, keep } = step;
  if (!scalars.momentum) return direction;
  const velocity = keep('velocity', add(mul(before('velocity'), scalars.momentum), direction));
  return nesterov ? add(direction, mul(velocity, scalars.momentum)) : velocity;
}

/** Duchi, Hazan and Singer (2011). */
function adagradStep(step: Step, epsilon: number): Value {
  const { add, mul, div, sqrt, before, keep } = step;
  const g = penalised(step);
  return div(g, add(sqrt(keep('squareSum', add(before('squareSum'), mul(g, g)))), epsilon));
}

/** Tieleman and Hinton (2012), lecture 6.5. */
function rmspropStep(step: Step, options: Extract<LocalOptimizer, { type: 'rmsprop' }>): Value {
  const { decay = 0.99, epsilon = 1e-8 } = options;
  const { add, mul, div, sqrt } = step;
  const g = penalised(step);
  return div(g, add(sqrt(average(step, 'secondMoment', mul(g, g), decay)), epsilon));
}

/** Kingma and Ba (2015), algorithm 1. */
function adamStep(step: Step, g: Value, options: Adam): Value {
  const { beta1, beta2, epsilon } = adamDefaults(options);
  const { add, mul, div, sqrt, number } = step;
  const first = div(average(step, 'firstMoment', g, beta1), number('firstWeight'));
  const second = div(average(step, 'secondMoment', mul(g, g), beta2), number('secondWeight'));
  return div(first, add(sqrt(second), epsilon));
}

function adamDefaults({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: Adam) {
  return { beta1, beta2, epsilon };
}

/** The moving average of `value`, which becomes the state array. */
function average({ add, mul, before, keep }: Step, array: string, value: Value, decay: number): Value {
  return keep(array, add(mul(before(array), decay), mul(value, 1 - decay)));
}

/**
 * How much weight the moving averages have gathered, 1 - decay^steps, which they are divided by. Kept as a moving
 * average of ones: one minus a power near one would lose digits in float32.
 */
export function nextNumbers(
  { add, mul }: Arithmetic,
  { optimizer }: UpdateKind,
  state: NamedValues,
): [string, Value][] {
  if (optimizer?.type !== 'adam' && optimizer?.type !== 'adamw') return [];
  const { beta1, beta2 } = adamDefaults(optimizer);
  const next = (name: string, decay: number): [string, Value] => [
    name,
    add(mul(state.get(name) as Value, decay), 1 - decay),
  ];
  return [next('firstWeight', beta1), next('secondWeight', beta2)];
}
