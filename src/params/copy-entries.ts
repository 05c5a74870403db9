/** Some parameters of one array in the place of another's. */
import type { LayoutEntry } from './layout.js';

/**
 * Copies entries of one client's own parameters over those in `into`: into a global model before the client trains
 * from it or evaluates it, or of the global model into what the client reports.
 */
export function copyEntries(entries: readonly LayoutEntry[], from: Float32Array, into: Float32Array): void {
  for (const { offset, length } of entries) into.set(from.subarray(offset, offset + length), offset);
}
