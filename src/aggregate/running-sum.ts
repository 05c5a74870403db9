/** The float64 sum under a weighted mean, in plain TypeScript; simd-sum.ts has a faster one of the same bytes. */

/** A sum of weighted updates, element by element. */
export interface RunningSum {
  /** What has been summed up; all zeros at first. */
  readonly values: Float64Array;
  /**
   * Adds `weight * values[i]` to every element: multiplied and then added in float64, each rounded, so that every
   * implementation gives the same bytes. `values` must have as many elements as the sum.
   */
  readonly add: (values: Float32Array, weight: number) => void;
}

/** An empty sum of `size` elements. */
export function createPlainSum(size: number): RunningSum {
  const out = new Float64Array(size);
  return { values: out, add: (values, weight) => addScaled(out, values, weight) };
}

function addScaled(out: Float64Array, values: Float32Array, weight: number): void {
  // Four steps at once measured 1.3 to 1.4 times faster than one.
  const whole = out.length - (out.length % 4);
  for (let i = 0; i < whole; i += 4) {
    out[i] = out[i]! + weight * values[i]!;
    out[i + 1] = out[i + 1]! + weight * values[i + 1]!;
    out[i + 2] = out[i + 2]! + weight * values[i + 2]!;
    out[i + 3] = out[i + 3]! + weight * values[i + 3]!;
  }
  for (let i = whole; i < out.length; i++) out[i] = out[i]! + weight * values[i]!;
}
