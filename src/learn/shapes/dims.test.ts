/** Arithmetic on sizes that are known only when the graph runs. */
import { describe, expect, it } from 'vitest';
import { nested, productOf, quotientOf, sumOf } from './dims.js';

describe('sizes known at run time', () => {
  it('multiply to the same text in any order', () => {
    expect(productOf(['batch', 3, 'length'])).toBe('3*batch*length');
    expect(productOf(['length', productOf(['batch', 3])])).toBe('3*batch*length');
    expect(productOf(['batch', 1])).toBe('batch');
    expect(productOf(['batch', 0])).toBe(0);
    expect(productOf([2, 3])).toBe(6);
  });

  it('divide by their own factors', () => {
    expect(quotientOf(['batch', 12], ['batch', 3])).toBe(4);
    expect(quotientOf(['batch', 'length', 4], [4, 'length'])).toBe('batch');
    expect(quotientOf([12], [4])).toBe(3);
  });

  it('keep a quotient that does not come out as text', () => {
    expect(quotientOf(['length'], [2])).toBe('(length/2)');
    expect(quotientOf(['length'], ['batch'])).toBe('(length/batch)');
  });

  it('keep a sum as one factor', () => {
    expect(sumOf('length', 0)).toBe('length');
    expect(sumOf(2, -1)).toBe(1);
    const sum = sumOf(productOf(['batch', 'length']), 1);
    expect(quotientOf([sum, 6], [sum])).toBe(6);
    expect(nested('a*b')).not.toContain('*');
  });
});
