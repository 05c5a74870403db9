/** How far an update moves the model. */

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
