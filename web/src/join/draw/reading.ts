/** What models make of drawings: plain values, and how they follow one another. */

/** What the global model of one round reads. */
export interface Reading {
  readonly round: number;
  /** How likely each class is, adding up to 1. */
  readonly probabilities: Float32Array;
}

/** The likeliest class and how likely it is. */
export function bestOf({ probabilities }: Reading): { readonly label: number; readonly share: number } {
  let label = 0;
  for (const [index, share] of probabilities.entries())
    if (share > (probabilities[label] ?? 0)) label = index;
  return { label, share: probabilities[label] ?? 0 };
}

/** Longer histories begin later. */
const SHOWN = 16;

/** Readings of one drawing, each round once, in the order of rounds. */
export function withReading(track: readonly Reading[], reading: Reading): Reading[] {
  const others = track.filter(({ round }) => round !== reading.round);
  return [...others, reading].toSorted((one, other) => one.round - other.round).slice(-SHOWN);
}

/** How many drawings of how many a model reads as they are labelled. */
export interface Score {
  readonly round: number;
  readonly right: number;
  readonly of: number;
}

/** The newest score of each round, in their order. */
export function withScore(scores: readonly Score[], score: Score): Score[] {
  const others = scores.filter(({ round }) => round !== score.round);
  return [...others, score].toSorted((one, other) => one.round - other.round).slice(-SHOWN);
}
