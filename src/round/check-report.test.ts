/** Tests of what the server refuses. */
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.js';
import { createLayout } from '../params/layout.js';
import { checkReport } from './check-report.js';

const layout = createLayout([
  { name: 'weight', shape: [2] },
  { name: 'bias', shape: [] },
]);

describe('checkReport', () => {
  it('lets a sound report pass', () => {
    expect(() => checkReport(layout, Float32Array.of(1, -2, 0), 1)).not.toThrow();
    expect(() => checkReport(layout, Float32Array.of(1, -2, 0), 2 ** 40)).not.toThrow();
  });

  it.each([2, 4])('refuses %d elements where the model has 3', (count) => {
    const check = () => checkReport(layout, new Float32Array(count), 1);
    expect(check).toThrow(ShapeError);
    expect(check).toThrow(`an update must have 3 elements, got ${count}`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses %d as an element',
    (value) => {
      expect(() => checkReport(layout, Float32Array.of(0, 0, value), 1)).toThrow(
        'an update must have finite elements, got NaN or infinity',
      );
    },
  );

  it.each([0, -1, 1.5, Number.NaN, 2 ** 40 + 1])('refuses an example count of %d', (exampleCount) => {
    const check = () => checkReport(layout, new Float32Array(3), exampleCount);
    expect(check).toThrow(ShapeError);
    expect(check).toThrow(`exampleCount must be a positive integer up to 2^40, got ${exampleCount}`);
  });
});
