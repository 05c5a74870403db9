/** Which examples are held out: the same ones for ever, also where others are added. */
import type { ClientData } from '../client/rounds.js';
import type { Dataset } from '../data/dataset.js';

/**
 * Whether the example at place `index` (from 0) is held out. By its place alone, so that one that was trained on is never
 * evaluated on, and of the first n about n * fraction are held out.
 */
export function isHeldOut(index: number, fraction: number): boolean {
  return Math.floor((index + 1) * fraction) > Math.floor(index * fraction);
}

/** A data set, divided. */
export function divide(dataset: Dataset, fraction: number): ClientData {
  const places = Array.from({ length: dataset.count }, (_, index) => index);
  const of = (wanted: boolean) =>
    Uint32Array.from(places.filter((index) => isHeldOut(index, fraction) === wanted));
  const [train, heldOut] = [of(false), of(true)];
  return {
    train: { dataset, indices: train },
    ...(heldOut.length === 0 ? {} : { heldOut: { dataset, indices: heldOut } }),
  };
}
