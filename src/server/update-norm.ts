/** How far an update moves the model, and how far it may. */
import { ShapeError } from '../errors.js';

/**
 * The L2 norm of an update: of `values`, or of their difference from `base` where these are parameters.
 *
 * @param base as many elements as `values`
 */
export function updateNorm(values: Float32Array, base: Float32Array | undefined): number {
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = values[i]! - (base ? base[i]! : 0);
    square += difference * difference;
  }
  return Math.sqrt(square);
}

/** @throws {ShapeError} when the norm is larger, or no number. */
export function checkUpdateNorm(values: Float32Array, base: Float32Array | undefined, most: number): void {
  const norm = updateNorm(values, base);
  if (!(norm <= most)) throw new ShapeError(`an update must have an L2 norm of at most ${most}, got ${norm}`);
}
