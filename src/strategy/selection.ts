/** Rules for who takes part in a round, of those who are available: plain data, so that they can stand in a config. */
import { ConfigError } from '../errors.js';

/** A client that is available, and what is known of it. What a rule does not use may be left out. */
export interface Candidate {
  readonly clientId: number;
  /** Examples that it would train on. */
  readonly exampleCount?: number;
  /** What it says of itself: region, tag, capability. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Of the last model that it trained or evaluated; absent, or no number, where none is known. */
  readonly lastLoss?: number;
  /** The first round in which it was available; absent: since round 1. */
  readonly firstRound?: number;
  /** Rounds for which it was chosen before; absent: none. */
  readonly participations?: number;
}

/** Each set of clients of the size equally likely. */
export interface UniformSelection {
  readonly type: 'uniform';
}

/**
 * Those who have taken part least often, so that all take part equally often in the long run, as far as they are
 * available for that. A client's share is its `participations` over the rounds since `firstRound` (at least one);
 * the lowest shares are chosen, equal ones in random order; one that comes back after a long time is chosen until it
 * has caught up. The idea is that of F3AST (Ribero, Vikalo and de Veciana
 * 2022, arXiv 2205.06730): whom to choose follows from how often each has taken part so far. Here all clients count
 * alike, and the share is a plain average.
 *
 * No uniform draw: what is proven of privacy by sampling does not hold.
 */
export interface AvailabilitySelection {
  readonly type: 'availability';
}

/**
 * Power of choice (Cho, Wang and Joshi 2020, arXiv 2010.01243): draws `candidateCount` clients without replacement,
 * with probabilities in proportion to their numbers of examples, and keeps those with the highest last known loss.
 * Where no loss is known it counts as the highest; equal losses in random order. Where no number of examples is
 * known, it counts as the mean of the others.
 *
 * Clients are taken at their word for their losses. What is proven of privacy by sampling does not hold.
 */
export interface PowerOfChoiceSelection {
  readonly type: 'power-of-choice';
  /** The paper's d: from the size of the cohort (uniform but for the numbers of examples) upwards. */
  readonly candidateCount: number;
}

/** A uniform draw among those whose attributes fit. */
export interface AttributeSelection {
  readonly type: 'attribute';
  /** The value, or one of the values, that each of these attributes must have; absent: everyone fits. */
  readonly where?: Readonly<Record<string, string | readonly string[]>>;
  /** An attribute whose values are to have equally many clients, as far as there are; none is a value too. */
  readonly balance?: string;
}

export type Selection =
  | UniformSelection
  | AvailabilitySelection
  | PowerOfChoiceSelection
  | AttributeSelection;

/**
 * Refuses a selection that cannot be meant.
 *
 * @throws {ConfigError} when `candidateCount` is no positive integer, or an attribute may have no value at all.
 */
export function checkSelection(selection: Selection): void {
  if (selection.type === 'power-of-choice') {
    const { candidateCount } = selection;
    if (!(Number.isSafeInteger(candidateCount) && candidateCount > 0)) {
      throw new ConfigError(`candidateCount must be a positive integer, got ${candidateCount}`);
    }
  }
  if (selection.type === 'attribute') {
    for (const [name, wanted] of Object.entries(selection.where ?? {})) {
      if (wanted.length === 0) throw new ConfigError(`where.${name} must have a value, got none`);
    }
  }
}

/** The candidates that a selection may choose, each once, by rising id. */
export function eligibleCandidates(
  selection: Selection,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const byId = new Map(candidates.map((candidate) => [candidate.clientId, candidate]));
  const all = [...byId.values()].sort((one, other) => one.clientId - other.clientId);
  if (selection.type !== 'attribute') return all;
  const conditions = Object.entries(selection.where ?? {});
  return all.filter(({ attributes = {} }) =>
    conditions.every(([name, wanted]) => {
      const value = attributes[name];
      return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.includes(value));
    }),
  );
}
