/** The order and the sizes of the batches of one client's round. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import { planBatches } from './batches.js';
import type { LocalWork } from './trainer.js';

const indices = (count: number) => Uint32Array.from({ length: count }, (_, index) => 100 + index);
const plan = (count: number, amount: LocalWork['amount'], batchSize: LocalWork['batchSize'], seed = 1) => {
  const work = { amount, batchSize, learningRate: 0.1, momentum: 0, weightDecay: 0 };
  return planBatches(indices(count), work, seededRandom(seed));
};

describe('planBatches', () => {
  it('cuts every epoch into batches, the last one smaller', () => {
    expect(plan(7, { epochs: 2 }, 3).sizes).toEqual([3, 3, 1, 3, 3, 1]);
  });

  it('begins as many epochs as the steps need', () => {
    const { order, sizes } = plan(7, { steps: 5 }, 3);
    expect(sizes).toEqual([3, 3, 1, 3, 3]);
    expect(order).toHaveLength(14);
  });

  it('visits every example once in each epoch, in another order each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), (count, batchSize) => {
        const { order, sizes } = plan(count, { epochs: 3 }, batchSize);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3 * count);
        for (let epoch = 0; epoch < 3; epoch++) {
          expect(order.slice(epoch * count, (epoch + 1) * count).toSorted()).toEqual(indices(count));
        }
      }),
      { seed: 3 },
    );
    const { order } = plan(40, { epochs: 2 }, 10);
    expect(order.slice(0, 40)).not.toEqual(order.slice(40));
    expect(order.slice(0, 40)).not.toEqual(indices(40));
  });

  it('takes all examples at once, in the order given, where the batch is full', () => {
    expect(plan(4, { epochs: 2 }, 'full')).toEqual({
      order: Uint32Array.of(100, 101, 102, 103, 100, 101, 102, 103),
      sizes: [4, 4],
    });
  });

  it('takes a batch size of at least the examples as full', () => {
    expect(plan(4, { steps: 3 }, 4)).toEqual(plan(4, { steps: 3 }, 'full'));
    expect(plan(4, { steps: 3 }, 1000)).toEqual(plan(4, { steps: 3 }, 'full'));
  });

  it('draws its order from the seed alone', () => {
    expect(plan(20, { epochs: 1 }, 5, 8)).toEqual(plan(20, { epochs: 1 }, 5, 8));
    expect(plan(20, { epochs: 1 }, 5, 8).order).not.toEqual(plan(20, { epochs: 1 }, 5, 9).order);
  });

  it('refuses a client without examples', () => {
    expect(() => plan(0, { epochs: 1 }, 5)).toThrow(
      new ConfigError('a client must have at least one training example, got 0'),
    );
  });

  it('refuses work that is out of its ranges', () => {
    expect(() => plan(3, { epochs: 1 }, 0)).toThrow(ConfigError);
  });
});
