/** The draw of a round's cohort: one seeded, pure function for every kind of selection. */
import { type Random, seededRandom } from '../random.js';
import { selectCohort } from './cohort.js';
import { type Candidate, eligibleCandidates, type Selection } from './selection.js';

/**
 * Chooses `size` clients, or all that are eligible where there are fewer.
 *
 * @param candidates each client once, in any order: it does not matter
 * @param size 1 or more
 * @param seed a safe integer, with `round` the only source of chance
 * @returns ids in ascending order
 */
export function selectClients(
  selection: Selection,
  candidates: readonly Candidate[],
  size: number,
  seed: number,
  round: number,
): number[] {
  const eligible = eligibleCandidates(selection, candidates);
  const ids = eligible.map(({ clientId }) => clientId);
  if (ids.length <= size) return ids;
  const random = seededRandom(seed, selection.type, round);
  switch (selection.type) {
    case 'uniform':
      return selectCohort({ cohortSize: size }, ids, seed, round);
    case 'availability':
      return chosen(leastOften(eligible, round, random), size);
    case 'power-of-choice': {
      const drawn = drawByExamples(eligible, Math.max(size, selection.candidateCount), random);
      return chosen(highestLoss(drawn, random), size);
    }
    case 'attribute':
      return chosen(inTurn(groupsBy(selection.balance, eligible), random), size);
    default:
      return selection satisfies never;
  }
}

function chosen(order: readonly Candidate[], size: number): number[] {
  return order
    .slice(0, size)
    .map(({ clientId }) => clientId)
    .sort((one, other) => one - other);
}

function leastOften(candidates: readonly Candidate[], round: number, random: Random): readonly Candidate[] {
  const share = ({ participations = 0, firstRound = 1 }: Candidate) =>
    participations / Math.max(1, round - firstRound);
  return random.shuffle([...candidates]).sort((one, other) => share(one) - share(other));
}

/**
 * Draws one after another, each with probability in proportion to its number among those that are left, by
 * exponential keys (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir").
 */
function drawByExamples(
  candidates: readonly Candidate[],
  count: number,
  random: Random,
): readonly Candidate[] {
  const known = candidates.flatMap(({ exampleCount }) => exampleCount ?? []);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  const keyed = candidates.map((candidate) => {
    const weight = candidate.exampleCount ?? (mean || 1);
    const exponential = -Math.log(1 - random.float());
    return { candidate, key: weight > 0 ? exponential / weight : Number.POSITIVE_INFINITY };
  });
  keyed.sort((one, other) => compare(one.key, other.key));
  return keyed.slice(0, count).map(({ candidate }) => candidate);
}

function highestLoss(candidates: readonly Candidate[], random: Random): readonly Candidate[] {
  const loss = ({ lastLoss = Number.NaN }: Candidate) =>
    Number.isFinite(lastLoss) ? lastLoss : Number.POSITIVE_INFINITY;
  return random.shuffle([...candidates]).sort((one, other) => compare(loss(other), loss(one)));
}

function groupsBy(attribute: string | undefined, candidates: readonly Candidate[]): Candidate[][] {
  const groups = new Map<string | undefined, Candidate[]>();
  for (const candidate of candidates) {
    const { attributes = {} } = candidate;
    const value = attribute === undefined ? undefined : attributes[attribute];
    const group = groups.get(value);
    if (group) group.push(candidate);
    else groups.set(value, [candidate]);
  }
  return [...groups.values()];
}

/** One of each group in turn, groups and their members in random order. */
function inTurn(groups: Candidate[][], random: Random): readonly Candidate[] {
  const order: Candidate[] = [];
  let left = random.shuffle(groups).map((group) => random.shuffle(group));
  while (left.length > 0) {
    for (const group of left) order.push(group.pop() as Candidate);
    left = left.filter((group) => group.length > 0);
  }
  return order;
}

/** Infinity minus infinity is no number, so the difference will not do. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
