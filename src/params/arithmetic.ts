/**
 * Arithmetic on parameters as flat float32 arrays of equal length, without allocation.
 *
 * The two reductions keep several running sums: one sum alone waits for itself at every step, and four measured
 * twice as fast.
 */
import { ShapeError } from '../errors.js';

/**
 * Writes `a + b` into `out`, element by element; `out` may be `a` or `b`.
 *
 * @throws {ShapeError} when the lengths differ.
 */
export function add(out: Float32Array, a: Float32Array, b: Float32Array): void {
  assertLength('a', a, out.length);
  assertLength('b', b, out.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! + b[i]!;
}

/**
 * Writes `a - b` into `out`, element by element; `out` may be `a` or `b`.
 *
 * @throws {ShapeError} when the lengths differ.
 */
export function subtract(out: Float32Array, a: Float32Array, b: Float32Array): void {
  assertLength('a', a, out.length);
  assertLength('b', b, out.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
}

/**
 * Writes `a * factor` into `out`, element by element; `out` may be `a`.
 *
 * @throws {ShapeError} when the lengths differ.
 */
export function scale(out: Float32Array, a: Float32Array, factor: number): void {
  assertLength('a', a, out.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! * factor;
}

/** The L2 norm, summed in float64, so that it cannot overflow; NaN or infinite when an element is. */
export function norm(values: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    const a = values[i]!;
    const b = values[i + 1]!;
    const c = values[i + 2]!;
    const d = values[i + 3]!;
    s0 += a * a;
    s1 += b * b;
    s2 += c * c;
    s3 += d * d;
  }
  for (let i = whole; i < values.length; i++) s0 += values[i]! * values[i]!;
  return Math.sqrt(s0 + s1 + s2 + s3);
}

/** Whether no element is NaN or infinite. */
export function allFinite(values: Float32Array): boolean {
  // Float32 numbers cannot overflow a float64 sum, but NaN and infinity stay in it. Adding in pairs waits least: of
  // eleven ways, with masks on the bits among them, this measured fastest.
  let [s0, s1] = [0, 0];
  const whole = values.length - (values.length % 8);
  for (let i = 0; i < whole; i += 8) {
    s0 += values[i]! + values[i + 1]! + (values[i + 2]! + values[i + 3]!);
    s1 += values[i + 4]! + values[i + 5]! + (values[i + 6]! + values[i + 7]!);
  }
  for (let i = whole; i < values.length; i++) s0 += values[i]!;
  return Number.isFinite(s0 + s1);
}

/**
 * Checks that no element is NaN or infinite.
 *
 * @param argument what the values are called in the error message
 * @param check does what `allFinite` does
 * @throws {ShapeError} when one is.
 */
export function assertFinite(values: Float32Array, argument: string, check = allFinite): void {
  if (!check(values)) throw new ShapeError(`${argument} must have finite elements, got NaN or infinity`);
}

function assertLength(argument: string, values: Float32Array, length: number): void {
  if (values.length !== length) {
    throw new ShapeError(`${argument} must have ${length} elements like out, got ${values.length}`);
  }
}
