/** What the server checks of every report before it counts. */
import { ShapeError } from '../errors.js';
import { assertFinite } from '../params/arithmetic.js';
import type { Layout } from '../params/layout.js';

/** More examples than this are not believed: weights must stay exact in float64 sums. */
export const MAX_EXAMPLE_COUNT = 2 ** 40;

/**
 * Refuses a report that must not enter the mean.
 *
 * @throws {ShapeError} when it has another number of elements than the model, a NaN or an infinity, or an absurd
 *   example count.
 */
export function checkReport(layout: Layout, values: Float32Array, exampleCount: number): void {
  if (values.length !== layout.size) {
    throw new ShapeError(`an update must have ${layout.size} elements, got ${values.length}`);
  }
  checkExampleCount(exampleCount);
  assertFinite(values, 'an update');
}

/** @throws {ShapeError} when nobody can have trained on so many examples. */
export function checkExampleCount(exampleCount: number): void {
  if (Number.isSafeInteger(exampleCount) && exampleCount > 0 && exampleCount <= MAX_EXAMPLE_COUNT) return;
  throw new ShapeError(`exampleCount must be a positive integer up to 2^40, got ${exampleCount}`);
}
