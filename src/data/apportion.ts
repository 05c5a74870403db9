/** Splits a whole number in given proportions without losing or inventing anything. */

/**
 * Whole shares of `total` in proportion to `weights`, by largest remainder; ties go to the earlier share.
 *
 * @param total a non-negative integer
 * @param weights non-negative finite numbers, at least one positive
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((partial, weight) => partial + weight, 0);
  const quotas = weights.map((weight) => (total * weight) / sum);
  const shares = quotas.map(Math.floor);
  const left = total - shares.reduce((partial, share) => partial + share, 0);
  const byRemainder = quotas
    .map((quota, index) => ({ index, remainder: quota - shares[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) shares[index]! += 1;
  return shares;
}

/**
 * As `apportion`, but no share is 0: whoever's part would be below one gets one, the others divide the rest.
 *
 * @param total an integer, at least the number of weights
 */
export function apportionAtLeastOne(total: number, weights: readonly number[]): number[] {
  const shares = weights.map(() => 1);
  let open = weights.map((_, index) => index);
  for (;;) {
    const left = total - (weights.length - open.length);
    const sum = open.reduce((partial, index) => partial + weights[index]!, 0);
    const large = open.filter((index) => left * weights[index]! >= sum);
    if (large.length === open.length) {
      const parts = apportion(
        left,
        open.map((index) => weights[index]!),
      );
      for (const [place, index] of open.entries()) shares[index] = parts[place]!;
      return shares;
    }
    open = large;
  }
}
