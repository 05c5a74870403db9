/** Gradients of a model, read off single training steps, and what per-example clipping must make of them. */
import type { Examples } from '../../src/data/dataset.js';
import type { LocalWork, Trainer } from '../../src/learn/trainer.js';

/** So large that the rounding of the parameters does not show in the difference. */
const RATE = 4096;

const step: LocalWork = {
  amount: { steps: 1 },
  batchSize: 'full',
  learningRate: RATE,
  momentum: 0,
  weightDecay: 0,
};

/** The gradient that one step over all examples takes. */
export async function stepGradient(
  trainer: Trainer,
  params: Float32Array,
  examples: Examples,
  change: Partial<LocalWork> = {},
): Promise<Float64Array> {
  const out = new Float32Array(params.length);
  await trainer.train(params, examples, { ...step, ...change }, 1, out);
  return Float64Array.from(params, (value, index) => (value - (out[index] as number)) / RATE);
}

/** The gradient of each example alone. */
export async function singleGradients(
  trainer: Trainer,
  params: Float32Array,
  { dataset, indices }: Examples,
  change: Partial<LocalWork> = {},
): Promise<Float64Array[]> {
  const gradients: Float64Array[] = [];
  for (const index of indices) {
    gradients.push(await stepGradient(trainer, params, { dataset, indices: Uint32Array.of(index) }, change));
  }
  return gradients;
}

/** The mean of gradients, each shortened to `norm` where it is longer. */
export function clippedMean(gradients: readonly Float64Array[], norm: number): Float64Array {
  const mean = new Float64Array(gradients[0]?.length ?? 0);
  for (const gradient of gradients) {
    const factor = Math.min(1, norm / (l2(gradient) || 1));
    gradient.forEach((value, index) => {
      mean[index] = (mean[index] as number) + (value * factor) / gradients.length;
    });
  }
  return mean;
}

/** The L2 norm. */
export function l2(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** The L2 distance of two gradients over the norm of the second. */
export function relativeDistance(a: Float64Array, b: Float64Array): number {
  return l2(a.map((value, index) => value - (b[index] as number))) / l2(b);
}
