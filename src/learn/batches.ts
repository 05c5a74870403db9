/** In which order a client visits its examples, and in batches of which sizes. */
import { ConfigError } from '../errors.js';
import type { Random } from '../random.js';
import { checkWork } from './local-work.js';
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
 * @throws {ConfigError} when there are no examples, or the work is out of its ranges.
 */
export function planBatches(indices: Uint32Array, work: LocalWork, random: Random): BatchPlan {
  checkWork(work);
  const count = indices.length;
  if (count === 0) throw new ConfigError('a client must have at least one training example, got 0');
  const batchSize = work.batchSize === 'full' ? count : Math.min(work.batchSize, count);
  const perEpoch = Math.ceil(count / batchSize);
  const steps = 'steps' in work.amount ? work.amount.steps : perEpoch * work.amount.epochs;
  const order = new Uint32Array(Math.ceil(steps / perEpoch) * count);
  const sizes: number[] = [];
  for (let start = 0; start < order.length; start += count) {
    const epoch = order.subarray(start, start + count);
    epoch.set(indices);
    if (batchSize < count) random.shuffle(epoch);
    for (let at = 0; at < count && sizes.length < steps; at += batchSize) {
      sizes.push(Math.min(batchSize, count - at));
    }
  }
  return { order, sizes };
}
