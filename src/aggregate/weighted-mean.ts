/** The weighted mean of many updates as one running sum: memory grows with the model, not with the cohort. */
import { ConfigError, QuorumError, ShapeError } from '../errors.js';
import { createPlainSum, type RunningSum } from './running-sum.js';
import { createSimdSum } from './simd-sum.js';

/** Sums smaller than this stay in plain TypeScript: a WebAssembly memory takes longer to make than it saves. */
const MIN_SIMD_SIZE = 16_384;

/** What has been folded so far. `values` is the float64 sum of weight times update, element by element. */
export interface WeightedSum extends RunningSum {
  totalWeight: number;
}

/**
 * An empty sum for updates of `size` elements: 8 bytes an element, and 256 KB where WebAssembly does the work.
 *
 * @param rooms places for updates in the sum's own memory, 4 bytes an element each as soon as they are used
 */
export function createWeightedSum(size: number, rooms = 0): WeightedSum {
  const fast = size >= MIN_SIMD_SIZE ? (createSimdSum(size, rooms) ?? createSimdSum(size)) : undefined;
  const sum = fast ?? createPlainSum(size);
  // Where they do not fit in beside it, they are elsewhere.
  const missing = Array.from({ length: rooms - sum.rooms.length }, () => new Float32Array(size));
  return { ...sum, rooms: [...sum.rooms, ...missing], totalWeight: 0 };
}

/**
 * Adds one update to the sum, which changes in place; allocates nothing but views. The caller has checked that
 * the values are finite. The sum is float64, so the order of updates matters only far below float32 precision;
 * equal bytes need an equal order.
 *
 * @param values as many elements as the sum has
 * @param weight the update's share in the mean, for FedAvg its example count
 * @throws {ShapeError} when `values` has another length than the sum.
 * @throws {ConfigError} when `weight` is not a positive finite number.
 */
export function fold(sum: WeightedSum, values: Float32Array, weight: number): void {
  const size = sum.values.length;
  if (values.length !== size) {
    throw new ShapeError(`values must have ${size} elements like the sum, got ${values.length}`);
  }
  if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new ConfigError(`weight must be a positive finite number, got ${weight}`);
  }
  sum.add(values, weight);
  sum.totalWeight += weight;
}

/**
 * Writes the weighted mean of everything folded into `out`, rounded once to float32. The sum is not changed.
 *
 * @param out as many elements as the sum has
 * @throws {ShapeError} when `out` has another length than the sum.
 * @throws {QuorumError} when nothing has been folded.
 */
export function writeMean(sum: WeightedSum, out: Float32Array): void {
  const { values, totalWeight } = sum;
  if (out.length !== values.length) {
    throw new ShapeError(`out must have ${values.length} elements like the sum, got ${out.length}`);
  }
  if (totalWeight === 0) throw new QuorumError('a mean needs at least one update, got none');
  for (let i = 0; i < out.length; i++) out[i] = values[i]! / totalWeight;
}

/** Empties the sum in place, for the next round. */
export function reset(sum: WeightedSum): void {
  sum.values.fill(0);
  sum.totalWeight = 0;
}
