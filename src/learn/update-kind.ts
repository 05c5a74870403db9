/** Which update ends a training step, and what it remembers from step to step. */
import type { LocalOptimizer, LocalWork } from './trainer.js';

/** Which update a step graph makes. What is off costs nothing. */
export interface UpdateKind {
  readonly momentum: boolean;
  readonly weightDecay: boolean;
  /** Default: stochastic gradient descent. */
  readonly optimizer?: LocalOptimizer;
  /** Whether the gradient of a step is clipped. */
  readonly clipped?: boolean;
  /** Whether the gradient of each example is clipped. */
  readonly examplesClipped?: boolean;
  /** Whether there is a proximal term. */
  readonly proximal?: boolean;
  /** Whether something is added to the gradient of every step, as for a proximal term or a correction. */
  readonly pulled?: boolean;
}

/** What an optimiser keeps from step to step, from zero: arrays like the parameters, and single numbers. */
export interface StateNames {
  readonly arrays: readonly string[];
  readonly numbers: readonly string[];
}

/** The update that `work` asks for; `corrected` where a correction comes with it. */
export function updateKindOf(work: LocalWork, corrected = false): UpdateKind {
  const { optimizer, momentum, weightDecay, gradientClippingNorm, exampleClippingNorm } = work;
  const proximal = (work.proximalTerm ?? 0) > 0;
  return {
    momentum: momentum > 0,
    weightDecay: weightDecay > 0,
    ...(optimizer ? { optimizer } : {}),
    ...(gradientClippingNorm === undefined ? {} : { clipped: true }),
    ...(exampleClippingNorm === undefined ? {} : { examplesClipped: true }),
    ...(proximal ? { proximal } : {}),
    ...(proximal || corrected ? { pulled: true } : {}),
  };
}

/** Whether the update is nothing but `parameter - learningRate * gradient`, and perhaps shrinks the parameter. */
export function isPlain({ momentum, optimizer, clipped }: UpdateKind): boolean {
  return !momentum && !clipped && (optimizer?.type ?? 'sgd') === 'sgd';
}

/** Whether a factor shrinks (or, in other than plain updates, penalises) the parameters. */
export function shrinks(update: UpdateKind): boolean {
  return update.weightDecay || (isPlain(update) && (update.proximal ?? false));
}

/** What the update of this kind keeps. */
export function stateNamesOf({ momentum, optimizer }: UpdateKind): StateNames {
  const velocity = momentum ? ['velocity'] : [];
  switch (optimizer?.type) {
    case 'adagrad':
      return { arrays: ['squareSum'], numbers: [] };
    case 'rmsprop':
      return { arrays: ['secondMoment', ...velocity], numbers: [] };
    case 'adam':
    case 'adamw':
      return { arrays: ['firstMoment', 'secondMoment'], numbers: ['firstWeight', 'secondWeight'] };
    default:
      return { arrays: velocity, numbers: [] };
  }
}

/** The name of a state array that belongs to a parameter. */
export function stateName(array: string, parameter: string): string {
  return `${array}.${parameter}`;
}
