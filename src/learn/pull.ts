/** What is added to the gradient of every step of a round: the constant part of a proximal term, and a correction. */
import { isPlain, type UpdateKind } from './update-kind.js';

/** Settings of a step that its pull depends on. */
interface PullSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly proximalTerm?: number;
}

/**
 * In a plain update: the factor of the parameters, which holds the weight decay and the proximal term, as the
 * graph will have it, in float32. Else the weight decay.
 */
export function shrinkage(update: UpdateKind, { learningRate, weightDecay, proximalTerm = 0 }: PullSettings) {
  if (!isPlain(update)) return weightDecay;
  return Math.fround(1 - learningRate * (weightDecay + proximalTerm));
}

/**
 * Writes the pull into `out`: correction - mu * `start`, so that with mu * parameters it is the gradient of the
 * proximal term. In a plain update, minus the learning rate times that, with the rounding of the factor that the
 * parameters are multiplied with, so that a parameter which has not moved is not pulled.
 */
export function fillPull(
  out: Float32Array,
  start: Float32Array,
  correction: Float32Array | undefined,
  update: UpdateKind,
  settings: PullSettings,
): void {
  const { learningRate, weightDecay, proximalTerm = 0 } = settings;
  const plain = isPlain(update);
  const share = proximalTerm > 0 ? proximalTerm / (weightDecay + proximalTerm) : 0;
  const towards = plain ? (1 - shrinkage(update, settings)) * share : -Math.fround(proximalTerm);
  const factor = plain ? -learningRate : 1;
  for (let index = 0; index < out.length; index++) {
    const added = correction ? (correction[index] as number) : 0;
    out[index] = towards * (start[index] as number) + factor * added;
  }
}
