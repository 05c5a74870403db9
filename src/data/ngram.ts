/** An n-gram model: how likely a token is after the few before it, by counting; what networks must beat. */
import { ConfigError } from '../errors.js';
import { requireInteger } from './checks.js';
import { type Examples, featureLength } from './dataset.js';
import { buildLevels, countOf, discountOf, type Level } from './ngram-counts.js';
import { PADDING } from './vocabulary.js';

/** How often an n-gram model finds the next token; the loss is summed over the labels that count. */
export interface NgramSums {
  readonly count: number;
  readonly top1: number;
  readonly top3: number;
  readonly lossSum: number;
}

/** A trained n-gram model. */
export interface Ngram {
  readonly order: number;
  /**
   * The probability of `token` after `context`, of which the last `order` - 1 tokens count. Over all predicted
   * tokens it sums to 1.
   */
  probability(context: readonly number[], token: number): number;
  /** The three likeliest tokens, likeliest first; equally likely ones always in the same order. */
  likeliest(context: readonly number[]): readonly number[];
  /** Looks for the labels of examples. */
  evaluate(examples: Examples): NgramSums;
}

export interface NgramOptions {
  /** Tokens that are looked at, the predicted one included: 1 to 6. */
  readonly order: number;
  /** The first id that is predicted, see `Vocabulary`. */
  readonly firstPredicted: number;
}

const SUGGESTIONS = 3;

/**
 * Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999, "An empirical study of smoothing techniques
 * for language modeling", section 3): counts are discounted by one of three amounts, what is left over goes to
 * the context that is one token shorter, which counts in how many different contexts a token was met; in the
 * end all predicted tokens are equally likely. Contexts reach over the cut between two sequences of one owner.
 *
 * @param parts of one next-token data set
 * @throws {ConfigError} when the order is out of range, or too high for the size of the vocabulary.
 */
export function trainNgram(parts: readonly Examples[], options: NgramOptions): Ngram {
  const { order, firstPredicted } = options;
  requireInteger('ngramOrder', order, 1, 6);
  const size = parts[0]?.dataset.classNames.length ?? 0;
  if (size ** order > Number.MAX_SAFE_INTEGER) {
    throw new ConfigError(`ngramOrder must be lower for a vocabulary of ${size}, got ${order}`);
  }
  const keys = new Float64Array(parts.reduce((sum, part) => sum + countLabels(part), 0));
  let at = 0;
  for (const part of parts) {
    forEachLabel(part, order - 1, (context, label) => {
      keys[at++] = keyOf(context, size) * size + label;
    });
  }
  const levels = buildLevels(keys, order, size);
  const memory = levels.map(() => new Map<number, readonly number[]>());
  const uniform = 1 / (size - firstPredicted);

  /** By the first `depth` levels. */
  const probabilityAt = (context: readonly number[], token: number, depth: number): number => {
    let probability = uniform;
    for (let level = 0; level < depth; level++) {
      const { contexts, totals, leftOver } = levels[level] as Level;
      const place = contexts.get(keyOf(lastOf(context, level), size));
      if (place === undefined) break;
      const count = countOf(levels[level] as Level, place, token);
      const own = count - discountOf(levels[level] as Level, count);
      probability = (own + leftOver[place]! * probability) / totals[place]!;
    }
    return probability;
  };
  /** Who is among the best here was met in this context, or is among the best of the shorter one. */
  const likeliestAt = (context: readonly number[], depth: number): readonly number[] => {
    if (depth === 0) return [];
    const { contexts, starts, tokens } = levels[depth - 1] as Level;
    const key = keyOf(lastOf(context, depth - 1), size);
    const place = contexts.get(key);
    if (place === undefined) return likeliestAt(context, depth - 1);
    const known = memory[depth - 1]!.get(key);
    if (known) return known;
    const met = tokens.subarray(starts[place], starts[place + 1]);
    const candidates = new Set([...met, ...likeliestAt(context, depth - 1)]);
    const best = bestOf(candidates, (token) => probabilityAt(context, token, depth));
    memory[depth - 1]!.set(key, best);
    return best;
  };

  return {
    order,
    probability: (context, token) => probabilityAt(filled(context, order - 1), token, order),
    likeliest: (context) => likeliestAt(filled(context, order - 1), order),
    evaluate(examples) {
      let [count, top1, top3, lossSum] = [0, 0, 0, 0];
      forEachLabel(examples, order - 1, (context, label) => {
        const best = likeliestAt(context, order);
        count++;
        top1 += Number(best[0] === label);
        top3 += Number(best.includes(label));
        lossSum -= Math.log(probabilityAt(context, label, order));
      });
      return { count, top1, top3, lossSum };
    },
  };
}

/** The `SUGGESTIONS` tokens with the highest score, of equals the first. */
function bestOf(tokens: Iterable<number>, scoreOf: (token: number) => number): number[] {
  const best: { token: number; score: number }[] = [];
  for (const token of tokens) {
    const score = scoreOf(token);
    const place = best.findIndex((other) => score > other.score);
    if (place >= 0) best.splice(place, 0, { token, score });
    else best.push({ token, score });
    if (best.length > SUGGESTIONS) best.pop();
  }
  return best.map(({ token }) => token);
}

function countLabels({ dataset, indices }: Examples): number {
  const length = featureLength(dataset);
  let count = 0;
  for (const index of indices) {
    for (let at = index * length; at < (index + 1) * length; at++) if (dataset.labels[at]! >= 0) count++;
  }
  return count;
}

/** Each label that counts, with the `length` tokens before it; `context` is the same array every time. */
function forEachLabel(
  { dataset, indices }: Examples,
  length: number,
  visit: (context: readonly number[], label: number) => void,
): void {
  const { features, labels, groups } = dataset;
  const width = featureLength(dataset);
  const context = new Array<number>(length).fill(PADDING);
  for (const index of indices) {
    const before = index > 0 && (!groups || groups[index - 1] === groups[index]);
    const first = before ? (index - 1) * width : index * width;
    for (let at = index * width; at < (index + 1) * width; at++) {
      const label = labels[at]!;
      if (label < 0) continue;
      for (let back = 0; back < length; back++) {
        const from = at - back;
        context[length - 1 - back] = from >= first ? features[from]! : PADDING;
      }
      visit(context, label);
    }
  }
}

/** The last `length` tokens, with padding where there are fewer. */
function filled(context: readonly number[], length: number): number[] {
  return [...new Array<number>(length).fill(PADDING), ...context].slice(context.length);
}

function lastOf(context: readonly number[], length: number): readonly number[] {
  return length === context.length ? context : context.slice(context.length - length);
}

/** A context as one number, exact below 2^53. */
function keyOf(context: readonly number[], size: number): number {
  let key = 0;
  for (const token of context) key = key * size + token;
  return key;
}
