/** What `Slice` takes along each axis, in plain numbers as far as they are known. */
import type { Dim } from '../graph.js';
import { nested, sumOf } from './dims.js';
import { axisOf, type Inputs, must, mustElements, mustNumbers } from './rule.js';

/** `count` elements from `first` on (undefined where only the graph knows it), `step` apart. */
export interface AxisSlice {
  readonly first: number | undefined;
  readonly count: Dim;
  readonly step: number;
  /** As written: counted from the end where it is negative. */
  readonly start: number;
}

/** The slices by axis; the inputs are those of `Slice`. */
export function slicesOf([x, starts, ends, axes, steps]: Inputs): Map<number, AxisSlice> {
  const { shape } = must(x);
  const from = mustNumbers('Slice', 'the starts', starts);
  const to = mustElements('Slice', 'the ends', ends);
  const at = axes ? mustNumbers('Slice', 'the axes', axes) : [...from.keys()];
  const by = steps ? mustNumbers('Slice', 'the steps', steps) : [];
  const entries = at.map((axis, index) => {
    const counted = axisOf(axis, shape.length);
    return [counted, sliceOf(shape[counted] ?? 0, from[index] ?? 0, to[index] ?? 0, by[index] ?? 1)] as const;
  });
  return new Map(entries);
}

function sliceOf(size: Dim, start: number, end: Dim, step: number): AxisSlice {
  if (typeof size === 'number' && typeof end === 'number') {
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const clamped = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, low), high);
    const first = Math.max(clamped(start), 0);
    const count = Math.max(Math.ceil((clamped(end) - clamped(start)) / step), 0);
    return { first, count, step, start };
  }
  return {
    first: start >= 0 && step === 1 ? start : undefined,
    count: countOf(size, start, end, step),
    step,
    start,
  };
}

/** Where a size is not known, slices are taken to lie inside of it. */
function countOf(size: Dim, start: number, end: Dim, step: number): Dim {
  if (step !== 1) return nested(`${size}[${start}:${end}:${step}]`);
  const distance = (place: Dim): Dim => (typeof place === 'number' && place < 0 ? sumOf(size, place) : place);
  const whole = typeof end === 'number' && typeof size === 'string' && end > 2 ** 30;
  const last = whole ? size : distance(end);
  if (start < 0 && last === size) return -start;
  if (start < 0) return nested(`${size}[${start}:${end}]`);
  return sumOf(last, -start);
}
