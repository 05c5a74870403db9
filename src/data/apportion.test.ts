import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion, apportionAtLeastOne } from './apportion.js';

const weights = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });
const usable = weights.filter((values) => values.some((value) => value > 1e-3));

describe('apportion', () => {
  it('gives the largest remainders the examples left over', () => {
    expect(apportion(10, [1, 1, 1])).toEqual([4, 3, 3]);
    expect(apportion(10, [2.6, 2.6, 4.8])).toEqual([3, 2, 5]);
    expect(apportion(5, [0, 1])).toEqual([0, 5]);
    expect(apportion(0, [1, 2])).toEqual([0, 0]);
  });

  it('hands out all of it, and to no one a whole example more or less than their quota', () => {
    fc.assert(
      fc.property(fc.nat(100_000), usable, (total, values) => {
        const shares = apportion(total, values);
        const sum = values.reduce((a, b) => a + b, 0);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
        for (const [index, share] of shares.entries()) {
          expect(Math.abs(share - (total * values[index]!) / sum)).toBeLessThan(1 + 1e-6);
        }
      }),
    );
  });
});

describe('apportionAtLeastOne', () => {
  it('keeps exact proportions where they are whole', () => {
    expect(apportionAtLeastOne(60, [1, 2, 3])).toEqual([10, 20, 30]);
  });

  it('takes from the large what the small lack', () => {
    expect(apportionAtLeastOne(10, [1, 1e-9, 1e-9])).toEqual([8, 1, 1]);
    expect(apportionAtLeastOne(3, [1, 0, 0])).toEqual([1, 1, 1]);
  });

  it('hands out all of it and leaves nobody empty', () => {
    fc.assert(
      fc.property(fc.nat(1000), usable, (extra, values) => {
        const shares = apportionAtLeastOne(values.length + extra, values);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(values.length + extra);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
