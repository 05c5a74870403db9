/** Where the floats of a data set live: on a buffer of one thread, or on one that all threads see. */
import type { Dataset } from './dataset.js';

/** Makes a zeroed float32 array of `length` elements. Readers fill what it returns, so nothing is copied. */
export type AllocateFloats = (length: number) => Float32Array;

/** An ordinary array: other threads get a copy. */
export const allocateFloats: AllocateFloats = (length) => new Float32Array(length);

/** An array on a SharedArrayBuffer: other threads read the same memory. */
export const allocateSharedFloats: AllocateFloats = (length) =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

/**
 * The same data set with features and labels in shared memory; arrays that are there already stay.
 *
 * While it copies, the old and the new array exist at once; readers that take `allocateSharedFloats` avoid
 * that.
 */
export function shareDataset(dataset: Dataset): Dataset {
  return { ...dataset, features: shareFloats(dataset.features), labels: shareFloats(dataset.labels) };
}

function shareFloats(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = allocateSharedFloats(values.length);
  shared.set(values);
  return shared;
}
