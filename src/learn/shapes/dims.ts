/** Arithmetic on sizes, of which some are known only when the graph runs: those are written out as text. */
import { ShapeError } from '../../errors.js';
import type { Dim } from '../graph.js';

/** A size that must be known now. */
export function known(size: Dim): number {
  if (typeof size === 'string') throw new ShapeError(`a size must be known here, got "${size}"`);
  return size;
}

/** The product of sizes that must all be known. */
export function elementCount(shape: readonly Dim[]): number {
  return shape.reduce<number>((product, size) => product * known(size), 1);
}

/** The product of sizes; equal factors give equal text, whatever their order. */
export function productOf(sizes: readonly Dim[]): Dim {
  const { count, names } = factorsOf(sizes);
  return written(count, names);
}

/** `whole / part` where it comes out even, or is a matter of run time. */
export function quotientOf(whole: readonly Dim[], part: readonly Dim[]): Dim {
  const left = factorsOf(whole);
  const right = factorsOf(part);
  for (const name of right.names.splice(0)) {
    const at = left.names.indexOf(name);
    if (at >= 0) left.names.splice(at, 1);
    else right.names.push(name);
  }
  const count = left.count / right.count;
  if (right.names.length === 0 && Number.isInteger(count)) return written(count, left.names);
  return nested(`${written(left.count, left.names)}/${written(right.count, right.names)}`);
}

/** The sum of two sizes; `b` may be negative where it is a number. */
export function sumOf(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  return b === 0 ? a : nested(`${a}+${b}`);
}

/** Any other size that depends on names: the same text is the same size. */
export function nested(text: string): string {
  return `(${text.replaceAll('*', '×')})`;
}

function factorsOf(sizes: readonly Dim[]): { count: number; names: string[] } {
  let count = 1;
  const names: string[] = [];
  for (const size of sizes) {
    for (const factor of typeof size === 'number' ? [size] : size.split('*')) {
      if (Number.isFinite(Number(factor))) count *= Number(factor);
      else names.push(String(factor));
    }
  }
  return { count, names: names.sort() };
}

function written(count: number, names: readonly string[]): Dim {
  if (names.length === 0 || count === 0) return count;
  return (count === 1 ? names : [count, ...names]).join('*');
}
