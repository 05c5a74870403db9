/** Tests of how far an update moves the model. */
import { expect, it } from 'vitest';
import { updateNorm } from './update-norm.js';

it('is the L2 norm of an update, and of the change where parameters come', () => {
  const values = Float32Array.of(3, 4, 0);
  expect(updateNorm(values, undefined)).toBe(5);
  expect(updateNorm(values, Float32Array.of(3, 4, 0))).toBe(0);
  expect(updateNorm(values, Float32Array.of(3, 0, 0))).toBe(4);
});

it('is no number for what is none, so that no bound lets it pass', () => {
  expect(updateNorm(Float32Array.of(Number.NaN), undefined)).toBeNaN();
});
