import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, QuorumError, ShapeError } from '../errors.js';
import { createWeightedSum, fold, reset, writeMean } from './weighted-mean.js';

const size = 7;
const weight = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
const update = fc.float32Array({ minLength: size, maxLength: size, noNaN: true, noDefaultInfinity: true });
const smallUpdate = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
  minLength: size,
  maxLength: size,
});

function meanOf(updates: readonly (readonly [ArrayLike<number>, number])[]): Float32Array {
  const sum = createWeightedSum(size);
  for (const [values, share] of updates) fold(sum, Float32Array.from(values), share);
  const out = new Float32Array(size);
  writeMean(sum, out);
  return out;
}

describe('the weighted mean', () => {
  it('weighs each update by its share', () => {
    const sum = createWeightedSum(5);
    fold(sum, Float32Array.of(1, 2, 3, 4, 5), 3);
    fold(sum, Float32Array.of(5, 6, 7, 8, 13), 1);
    const out = new Float32Array(5);
    writeMean(sum, out);
    expect([...out]).toEqual([2, 3, 4, 5, 7]);
  });

  it('of equal updates is that update, to the bit', () => {
    fc.assert(
      fc.property(update, fc.array(weight, { minLength: 1, maxLength: 20 }), (values, weights) => {
        // Adding 0 turns -0 into 0: the sum starts from 0 and cannot keep the sign of a zero.
        const expected = values.map((value) => value + 0);
        expect(meanOf(weights.map((share) => [values, share] as const))).toEqual(expected);
      }),
    );
  });

  it('ignores the order of updates to 1e-6 of their size', () => {
    const updates = fc.array(fc.tuple(smallUpdate, weight), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(updates, (list) => {
        const forward = meanOf(list);
        const backward = meanOf(list.toReversed());
        forward.forEach((value, i) => {
          expect(Math.abs(value - backward[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
        });
      }),
    );
  });

  it('lies between the smallest and the largest value', () => {
    const updates = fc.array(fc.tuple(smallUpdate, weight), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(updates, (list) => {
        meanOf(list).forEach((value, i) => {
          const column = list.map(([values]) => values[i]!);
          expect(value).toBeGreaterThanOrEqual(Math.min(...column));
          expect(value).toBeLessThanOrEqual(Math.max(...column));
        });
      }),
    );
  });

  it('stays the same when all weights grow by one factor', () => {
    const light = meanOf([
      [Array(size).fill(1), 1],
      [Array(size).fill(4), 2],
    ]);
    const heavy = meanOf([
      [Array(size).fill(1), 500],
      [Array(size).fill(4), 1000],
    ]);
    expect(heavy).toEqual(light);
  });

  it('can go on after a mean was written', () => {
    const sum = createWeightedSum(1);
    const out = new Float32Array(1);
    fold(sum, Float32Array.of(2), 1);
    writeMean(sum, out);
    fold(sum, Float32Array.of(4), 1);
    writeMean(sum, out);
    expect(out[0]).toBe(3);
  });

  it('starts anew after a reset', () => {
    const sum = createWeightedSum(2);
    fold(sum, Float32Array.of(100, 100), 9);
    reset(sum);
    fold(sum, Float32Array.of(1, 2), 5);
    const out = new Float32Array(2);
    writeMean(sum, out);
    expect([...out]).toEqual([1, 2]);
  });

  it('of nothing is refused, also after a reset', () => {
    const sum = createWeightedSum(1);
    const none = new QuorumError('a mean needs at least one update, got none');
    expect(() => writeMean(sum, new Float32Array(1))).toThrow(none);
    fold(sum, Float32Array.of(1), 1);
    reset(sum);
    expect(() => writeMean(sum, new Float32Array(1))).toThrow(none);
  });
});

describe('fold', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the weight %d and keeps the sum', (bad) => {
    const sum = createWeightedSum(1);
    expect(() => fold(sum, Float32Array.of(1), bad)).toThrow(
      new ConfigError(`weight must be a positive finite number, got ${bad}`),
    );
    expect([sum.totalWeight, ...sum.values]).toEqual([0, 0]);
  });

  it('refuses an update of another length, and so does writeMean an output', () => {
    const sum = createWeightedSum(2);
    expect(() => fold(sum, new Float32Array(3), 1)).toThrow(
      new ShapeError('values must have 2 elements like the sum, got 3'),
    );
    fold(sum, new Float32Array(2), 1);
    expect(() => writeMean(sum, new Float32Array(1))).toThrow(ShapeError);
  });
});
