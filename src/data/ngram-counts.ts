/** The counts of an n-gram model: sorted keys, cut into contexts, with the discounts of modified Kneser-Ney. */

/**
 * The grams of one length. Those of one context lie side by side, by rising token: those of context `place` from
 * `starts[place]` to before `starts[place + 1]`.
 */
export interface Level {
  /** Place of each context by its key. */
  readonly contexts: ReadonlyMap<number, number>;
  readonly starts: Uint32Array;
  /** The last token of each gram, and its count. */
  readonly tokens: Uint32Array;
  readonly counts: Uint32Array;
  /** Of each context: the sum of its counts, and of what is discounted of them. */
  readonly totals: Float64Array;
  readonly leftOver: Float64Array;
  /** What is taken off a count of 1, of 2, and of 3 or more. */
  readonly discounts: readonly [number, number, number];
}

/**
 * Levels of 1 to `order` tokens. The highest counts grams; each other counts the different tokens that stood
 * before its grams.
 *
 * @param keys one a gram of `order` tokens, its tokens the digits of a number to base `size`; is sorted
 */
export function buildLevels(keys: Float64Array, order: number, size: number): Level[] {
  const levels: Level[] = [];
  let sorted = keys.sort();
  for (let length = order; length >= 1; length--) {
    const { distinct, counts } = tally(sorted);
    levels.unshift(levelOf(distinct, counts, size));
    const shorter = size ** (length - 1);
    sorted = distinct.map((key) => key % shorter).sort();
  }
  return levels;
}

/** How often a token was met in a context. */
export function countOf({ starts, tokens, counts }: Level, place: number, token: number): number {
  let low = starts[place]!;
  let high = starts[place + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]! < token) low = middle + 1;
    else high = middle;
  }
  return low < starts[place + 1]! && tokens[low] === token ? counts[low]! : 0;
}

/** What is taken off a count. */
export function discountOf({ discounts }: Pick<Level, 'discounts'>, count: number): number {
  return count === 0 ? 0 : discounts[Math.min(count, 3) - 1]!;
}

function tally(sorted: Float64Array): { distinct: Float64Array; counts: Uint32Array } {
  const distinct = new Float64Array(sorted.length);
  const counts = new Uint32Array(sorted.length);
  let last = -1;
  for (const key of sorted) {
    if (last < 0 || distinct[last] !== key) distinct[++last] = key;
    counts[last]! += 1;
  }
  return { distinct: distinct.slice(0, last + 1), counts: counts.slice(0, last + 1) };
}

function levelOf(keys: Float64Array, counts: Uint32Array, size: number): Level {
  const contexts = new Map<number, number>();
  const tokens = new Uint32Array(keys.length);
  const starts: number[] = [];
  let previous = -1;
  for (const [gram, key] of keys.entries()) {
    const token = key % size;
    const context = (key - token) / size;
    tokens[gram] = token;
    if (context === previous) continue;
    previous = context;
    contexts.set(context, starts.length);
    starts.push(gram);
  }
  const discounts = discountsOf(counts);
  const totals = new Float64Array(starts.length);
  const leftOver = new Float64Array(starts.length);
  for (let place = 0; place < starts.length; place++) {
    for (let gram = starts[place]!; gram < (starts[place + 1] ?? keys.length); gram++) {
      totals[place]! += counts[gram]!;
      leftOver[place]! += discountOf({ discounts }, counts[gram]!);
    }
  }
  return {
    contexts,
    starts: Uint32Array.from([...starts, keys.length]),
    tokens,
    counts,
    totals,
    leftOver,
    discounts,
  };
}

/**
 * Chen and Goodman's estimates from how many grams were met once, twice, three and four times; where there is
 * none of one of these, half of each count up to three (as KenLM falls back).
 */
function discountsOf(counts: Uint32Array): readonly [number, number, number] {
  const met = [0, 0, 0, 0, 0];
  for (const count of counts) if (count <= 4) met[count]! += 1;
  const [, once, twice, thrice, four] = met as [number, number, number, number, number];
  if (once === 0 || twice === 0 || thrice === 0) return [0.5, 1, 1.5];
  const y = once / (once + 2 * twice);
  const estimates = [1 - (2 * y * twice) / once, 2 - (3 * y * thrice) / twice, 3 - (4 * y * four) / thrice];
  const [d1, d2, d3] = estimates.map((discount, index) => Math.min(index + 1, Math.max(0, discount)));
  return [d1!, d2!, d3!];
}
