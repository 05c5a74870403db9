/** What is held out stays held out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { divide, isHeldOut } from './held-out.js';

const datasetOf = (count: number): Dataset => ({
  ...{ name: 'test', task: 'regression', count, featureShape: [1], classNames: [] },
  ...{ features: new Float32Array(count), labels: new Float32Array(count) },
});

describe('examples that are divided', () => {
  it('are all there, each on one side, about as many held out as asked for', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.99, noNaN: true }), (count, fraction) => {
        const { train, heldOut } = divide(datasetOf(count), fraction);
        const both = [...train.indices, ...(heldOut?.indices ?? [])].toSorted((a, b) => a - b);
        expect(both).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(Math.abs((heldOut?.indices.length ?? 0) - count * fraction)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('stay on their side when others are added', () => {
    const before = divide(datasetOf(37), 0.2).heldOut?.indices;
    const after = divide(datasetOf(90), 0.2).heldOut?.indices;
    expect([...(after ?? [])].filter((index) => index < 37)).toEqual([...(before ?? [])]);
    expect([3, 4, 5, 9].map((index) => isHeldOut(index, 0.2))).toEqual([false, true, false, true]);
  });

  it('are all trained on where none are to be held out', () => {
    expect(divide(datasetOf(5), 0)).not.toHaveProperty('heldOut');
  });
});
