import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.js';
import { add, allFinite, assertFinite, norm, scale, subtract } from './arithmetic.js';

const finiteArray = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 40 });

describe('add, subtract and scale', () => {
  it('work element by element, in float32', () => {
    const out = new Float32Array(3);
    add(out, Float32Array.of(1, 2, 0.1), Float32Array.of(10, 20, 0.2));
    expect([...out]).toEqual([11, 22, Math.fround(Math.fround(0.1) + Math.fround(0.2))]);
    subtract(out, Float32Array.of(1, 2, 3), Float32Array.of(10, 20, 30));
    expect([...out]).toEqual([-9, -18, -27]);
    scale(out, Float32Array.of(1, 2, 3), -0.5);
    expect([...out]).toEqual([-0.5, -1, -1.5]);
  });

  it('may write over their own arguments', () => {
    const values = Float32Array.of(1, 2, 3);
    add(values, values, values);
    expect([...values]).toEqual([2, 4, 6]);
    subtract(values, Float32Array.of(10, 10, 10), values);
    expect([...values]).toEqual([8, 6, 4]);
    scale(values, values, 2);
    expect([...values]).toEqual([16, 12, 8]);
  });

  it('undo each other where float32 is exact', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }))),
        (pairs) => {
          const a = Float32Array.from(pairs, (pair) => pair[0]);
          const b = Float32Array.from(pairs, (pair) => pair[1]);
          const out = new Float32Array(a.length);
          add(out, a, b);
          subtract(out, out, b);
          expect(out).toEqual(a);
        },
      ),
    );
  });

  it('refuse arrays of another length, and say which', () => {
    const two = new Float32Array(2);
    const three = new Float32Array(3);
    expect(() => add(two, three, two)).toThrow(new ShapeError('a must have 2 elements like out, got 3'));
    expect(() => add(two, two, three)).toThrow(new ShapeError('b must have 2 elements like out, got 3'));
    expect(() => subtract(two, three, two)).toThrow(ShapeError);
    expect(() => subtract(two, two, three)).toThrow(ShapeError);
    expect(() => scale(two, three, 1)).toThrow(ShapeError);
  });
});

describe('norm', () => {
  it('is the square root of the sum of squares, for every length', () => {
    fc.assert(
      fc.property(finiteArray, (values) => {
        const expected = Math.hypot(...values);
        expect(Math.abs(norm(values) - expected)).toBeLessThanOrEqual(1e-12 * expected);
      }),
    );
  });

  it('does not overflow where a float32 sum would', () => {
    expect(norm(Float32Array.of(3e30, 4e30))).toBeCloseTo(5e30, -25);
  });

  it('of nothing is zero', () => {
    expect(norm(new Float32Array(0))).toBe(0);
  });
});

describe('allFinite', () => {
  it('holds for every array of finite numbers', () => {
    fc.assert(fc.property(finiteArray, (values) => allFinite(values)));
  });

  it('holds for the largest float32 numbers there are', () => {
    const most = 2 ** 127 * (2 - 2 ** -23);
    expect(allFinite(new Float32Array(100).fill(most))).toBe(true);
    expect(allFinite(Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? most : -most)))).toBe(true);
  });

  it('sees infinities that cancel each other', () => {
    const values = new Float32Array(16);
    values.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 3);
    expect(allFinite(values)).toBe(false);
  });

  it('sees one bad element wherever it stands', () => {
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(finiteArray, bad, fc.nat(), (values, element, place) => {
        fc.pre(values.length > 0);
        values[place % values.length] = element;
        return !allFinite(values);
      }),
    );
  });
});

describe('assertFinite', () => {
  it('refuses NaN and infinity by the name of the argument', () => {
    expect(() => assertFinite(Float32Array.of(1, Number.NaN), 'an update')).toThrow(
      new ShapeError('an update must have finite elements, got NaN or infinity'),
    );
    expect(() => assertFinite(Float32Array.of(1, 2), 'an update')).not.toThrow();
  });
});
