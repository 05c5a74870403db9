/** Pearson's chi-square test, for draws that must follow a distribution. */

/**
 * The probability that counts differ from what is expected by as much as these, or more, if they follow it.
 * The tail is exact for an even number of degrees of freedom, so the number of cells must be odd.
 */
export function chiSquareP(counts: readonly number[], expected: readonly number[]): number {
  const degrees = counts.length - 1;
  if (degrees % 2 !== 0) throw new RangeError(`counts must be an odd number of cells, got ${counts.length}`);
  const half =
    counts.reduce((sum, count, cell) => sum + (count - expected[cell]!) ** 2 / expected[cell]!, 0) / 2;
  let term = Math.exp(-half);
  let sum = term;
  for (let k = 1; k < degrees / 2; k++) {
    term *= half / k;
    sum += term;
  }
  return sum;
}
