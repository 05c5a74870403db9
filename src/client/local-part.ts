/** What stays with a client: its own values of some parameters, which stand in the global model's place. */
import type { LayoutEntry } from '../params/layout.js';

/** One client's own values. */
export interface LocalPart {
  /** Which parameters stay. */
  readonly entries: readonly LayoutEntry[];
  /** The client's values of these, entry after entry. Training replaces them. */
  readonly values: Float32Array;
}

/** A copy of the global parameters with the client's own in their places. */
export function withLocal(params: Float32Array, { entries, values }: LocalPart): Float32Array {
  const merged = Float32Array.from(params);
  let at = 0;
  for (const { offset, length } of entries) {
    merged.set(values.subarray(at, at + length), offset);
    at += length;
  }
  return merged;
}

/** Writes the values that all these parameters have in `params` into `values`. */
export function takeLocal(params: Float32Array, { entries, values }: LocalPart): void {
  let at = 0;
  for (const { offset, length } of entries) {
    values.set(params.subarray(offset, offset + length), at);
    at += length;
  }
}
