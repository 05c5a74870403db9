/** In which order a client visits its examples, and in batches of which sizes. */
import { ConfigError } from '../errors.js';
import type { Random } from '../random.js';
import type { LocalWork } from './trainer.js';

/** All steps of one client's round: `order` holds example indices, `sizes` cuts it into batches. */
export interface BatchPlan {
  readonly order: Uint32Array;
  readonly sizes: readonly number[];
}

/**
 * Shuffles anew for every epoch; a batch never spans two epochs, so an epoch's last batch may be smaller.
 * With a number of steps, as many epochs are begun as the steps need. A full batch keeps the given order.
 *
 * @throws {ConfigError} when there are no examples, or the work is not positive.
 */
export function planBatches(indices: Uint32Array, work: LocalWork, random: Random): BatchPlan {
  const count = indices.length;
  if (count === 0) throw new ConfigError('a client must have at least one training example, got 0');
  const full = work.batchSize === 'full' || work.batchSize >= count;
  const batchSize = full ? count : checkedCount('batchSize', work.batchSize as number);
  const perEpoch = Math.ceil(count / batchSize);
  const steps =
    'steps' in work.amount
      ? checkedCount('localSteps', work.amount.steps)
      : perEpoch * checkedCount('localEpochs', work.amount.epochs);
  const order = new Uint32Array(Math.ceil(steps / perEpoch) * count);
  const sizes: number[] = [];
  for (let start = 0; start < order.length; start += count) {
    const epoch = order.subarray(start, start + count);
    epoch.set(indices);
    if (!full) random.shuffle(epoch);
    for (let at = 0; at < count && sizes.length < steps; at += batchSize) {
      sizes.push(Math.min(batchSize, count - at));
    }
  }
  return { order, sizes };
}

function checkedCount(argument: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${argument} must be a positive integer, got ${value}`);
  }
  return value;
}
