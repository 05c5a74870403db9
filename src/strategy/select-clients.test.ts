/** Tests of how a cohort is drawn of those who are available. False alarms of statistical tests: 1 in a million. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareP } from '../../test/helpers/chi-square.js';
import { selectCohort } from './cohort.js';
import { selectClients } from './select-clients.js';
import type { Candidate, Selection } from './selection.js';

const FALSE_ALARM = 1e-6;
const SEED = 3;

const uniform: Selection = { type: 'uniform' };
const availability: Selection = { type: 'availability' };
const powerOfChoice = (candidateCount: number): Selection => ({ type: 'power-of-choice', candidateCount });
const balanced: Selection = { type: 'attribute', balance: 'region' };

const clients = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, clientId) => ({ clientId }));

/** How often each pair of six clients is drawn in `rounds` rounds: 15 cells. */
function pairCounts(selection: Selection, candidates: readonly Candidate[], rounds: number): number[] {
  const pairs = pairsOf(candidates.map(({ clientId }) => clientId)).map(String);
  const counts = pairs.map(() => 0);
  for (let round = 1; round <= rounds; round++) {
    const pair = pairs.indexOf(String(selectClients(selection, candidates, 2, SEED, round)));
    counts[pair] = counts[pair]! + 1;
  }
  return counts;
}

function pairsOf(ids: readonly number[]): [number, number][] {
  return ids.flatMap((one, place) => ids.slice(place + 1).map((other): [number, number] => [one, other]));
}

describe('selectClients', () => {
  const candidates: fc.Arbitrary<readonly Candidate[]> = fc.uniqueArray(
    fc.record(
      {
        clientId: fc.nat(30),
        exampleCount: fc.nat(5),
        attributes: fc.dictionary(fc.constantFrom('region', 'tag'), fc.constantFrom('a', 'b', 'c')),
        lastLoss: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(Number.NaN)),
        firstRound: fc.integer({ min: 1, max: 9 }),
        participations: fc.nat(4),
      },
      { requiredKeys: ['clientId'] },
    ),
    { selector: ({ clientId }) => clientId, maxLength: 20 },
  );
  const selection: fc.Arbitrary<Selection> = fc.oneof(
    fc.constantFrom<Selection>(uniform, availability, balanced),
    fc.integer({ min: 1, max: 25 }).map(powerOfChoice),
    fc.constantFrom<Selection>(
      { type: 'attribute', where: { region: ['a', 'b'] } },
      { type: 'attribute', where: { region: 'a', tag: 'c' }, balance: 'tag' },
    ),
  );

  it('gives as many as there are, up to the size, each once, by rising id, whatever the order of candidates', () => {
    const shuffled = candidates.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(
        selection,
        shuffled,
        fc.integer({ min: 1, max: 22 }),
        fc.nat(9),
        (rule, [all, mixed], size, round) => {
          const fits = ({ attributes = {} }: Candidate) =>
            rule.type !== 'attribute' ||
            Object.entries(rule.where ?? {}).every(([name, wanted]) =>
              [wanted].flat().includes(attributes[name] ?? 'none'),
            );
          const eligible = all.filter(fits).map(({ clientId }) => clientId);
          const chosen = selectClients(rule, all, size, SEED, round);
          expect(chosen).toHaveLength(Math.min(size, eligible.length));
          expect(chosen).toEqual([...new Set(chosen)].sort((one, other) => one - other));
          expect(eligible).toEqual(expect.arrayContaining(chosen));
          expect(selectClients(rule, mixed, size, SEED, round)).toEqual(chosen);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([uniform, availability, powerOfChoice(9), balanced])('depends on seed and round: $type', (rule) => {
    const draws = (seed: number) =>
      Array.from({ length: 20 }, (_, round) => String(selectClients(rule, clients(12), 3, seed, round)));
    expect(new Set(draws(1)).size).toBeGreaterThan(10);
    expect(draws(2)).not.toEqual(draws(1));
  });
});

describe('the uniform selection', () => {
  it('is the draw of a simulation from the same clients', () => {
    const ids = clients(20).map(({ clientId }) => clientId);
    for (let round = 1; round < 20; round++) {
      const drawn = selectCohort({ cohortSize: 6 }, ids, SEED, round);
      expect(selectClients(uniform, clients(20).reverse(), 6, SEED, round)).toEqual(drawn);
    }
  });

  it('draws every pair equally often', () => {
    const counts = pairCounts(uniform, clients(6), 15_000);
    expect(
      chiSquareP(
        counts,
        counts.map(() => 1000),
      ),
    ).toBeGreaterThan(FALSE_ALARM);
  });
});

describe('the selection by availability', () => {
  it('prefers those who have taken part in the smallest share of the rounds since they came', () => {
    const known: Candidate[] = [
      { clientId: 0, participations: 5 },
      { clientId: 1, participations: 2, firstRound: 8 },
      { clientId: 2, participations: 4, firstRound: 1 },
      { clientId: 3, participations: 0, firstRound: 11 },
    ];
    const chosen = (size: number) => selectClients(availability, known, size, SEED, 11);
    expect([1, 2, 3].map(chosen)).toEqual([[3], [2, 3], [0, 2, 3]]);
  });

  it('draws every pair equally often among clients that took part alike', () => {
    const alike = clients(6).map((client) => ({ ...client, participations: 1 }));
    const counts = pairCounts(availability, alike, 15_000);
    expect(
      chiSquareP(
        counts,
        counts.map(() => 1000),
      ),
    ).toBeGreaterThan(FALSE_ALARM);
  });

  /** Participations after 4,000 rounds of 4 among 20 clients, available 30% to 100% of the time; one comes late. */
  function play(selection: Selection, lateRound = 1): number[] {
    const participations = Array.from({ length: 20 }, () => 0);
    for (let round = 1; round <= 4000; round++) {
      const available = clients(20).filter(
        ({ clientId }) =>
          (round * 7919 + clientId * 104_729) % 1000 < 300 + (700 * clientId) / 19 &&
          (clientId !== 10 || round >= lateRound),
      );
      const known = available.map(({ clientId }) => ({
        clientId,
        participations: participations[clientId]!,
        firstRound: clientId === 10 ? lateRound : 1,
      }));
      for (const clientId of selectClients(selection, known, 4, SEED, round)) {
        participations[clientId] = participations[clientId]! + 1;
      }
    }
    return participations;
  }

  it('lets all take part equally often in the long run, where a uniform draw does not', () => {
    const [fair, drawn] = [play(availability), play(uniform)];
    expect(Math.max(...fair) - Math.min(...fair)).toBeLessThanOrEqual(4);
    expect(Math.max(...drawn) / Math.min(...drawn)).toBeGreaterThan(2);
  });

  it('does not let a late client catch up on the rounds before it came', () => {
    const late = play(availability, 3001)[10]!;
    expect(late).toBeGreaterThan(190);
    expect(late).toBeLessThan(230);
  });
});

describe('power of choice', () => {
  it('keeps the highest losses where all are drawn, those without one first', () => {
    const losses = [3, undefined, 1, 4, Number.NaN, 2];
    const known = losses.map((lastLoss, clientId) => ({
      clientId,
      exampleCount: 1 + clientId,
      ...(lastLoss === undefined ? {} : { lastLoss }),
    }));
    const chosen = (size: number) => selectClients(powerOfChoice(6), known, size, SEED, 1);
    expect([2, 3, 4, 5].map(chosen)).toEqual([
      [1, 4],
      [1, 3, 4],
      [0, 1, 3, 4],
      [0, 1, 3, 4, 5],
    ]);
  });

  it('draws its candidates without replacement, in proportion to their examples', () => {
    const examples = [1, 2, 3, 4, 5, 9];
    const total = 24;
    const known = examples.map((exampleCount, clientId) => ({ clientId, exampleCount, lastLoss: 1 }));
    const rounds = 24_000;
    const expected = pairsOf(examples).map(
      ([one, other]) => (rounds * one * other * (1 / (total - one) + 1 / (total - other))) / total,
    );
    expect(chiSquareP(pairCounts(powerOfChoice(2), known, rounds), expected)).toBeGreaterThan(FALSE_ALARM);
    const evenly = expected.map(() => rounds / 15);
    expect(chiSquareP(pairCounts(powerOfChoice(2), known, rounds), evenly)).toBeLessThan(FALSE_ALARM);
  });

  it('chooses among equal losses at random', () => {
    const known = clients(6).map((client) => ({ ...client, exampleCount: 1 + client.clientId, lastLoss: 2 }));
    const counts = pairCounts(powerOfChoice(6), known, 15_000);
    expect(
      chiSquareP(
        counts,
        counts.map(() => 1000),
      ),
    ).toBeGreaterThan(FALSE_ALARM);
  });

  it('takes a client whose number of examples is not known for an average one, and draws one without any last', () => {
    const known: Candidate[] = [
      { clientId: 0, exampleCount: 2, lastLoss: 0 },
      { clientId: 1, lastLoss: 0 },
      { clientId: 2, exampleCount: 4, lastLoss: 0 },
      { clientId: 3, exampleCount: 0, lastLoss: 9 },
    ];
    const counts = [0, 0, 0, 0];
    const rounds = 9000;
    for (let round = 1; round <= rounds; round++) {
      const [clientId] = selectClients(powerOfChoice(1), known, 1, SEED, round);
      counts[clientId!] = counts[clientId!]! + 1;
    }
    expect(counts[3]).toBe(0);
    expect(
      chiSquareP(
        counts.slice(0, 3),
        [2, 2, 4].map((weight) => (rounds * weight) / 8),
      ),
    ).toBeGreaterThan(FALSE_ALARM);
    expect(selectClients(powerOfChoice(4), known, 1, SEED, 1)).toEqual([3]);
  });
});

describe('the selection by attribute', () => {
  const regions: Candidate[] = [
    ...clients(6).map((client) => ({ ...client, attributes: { region: 'north' } })),
    { clientId: 6, attributes: { region: 'south' } },
    { clientId: 7, attributes: { region: 'south', constructor: 'x' } },
    { clientId: 8 },
  ];
  const regionsOf = (ids: readonly number[]) =>
    ids.map((id) => regions.find(({ clientId }) => clientId === id)?.attributes?.region ?? 'none');

  it('takes only those whose attributes fit', () => {
    const south: Selection = { type: 'attribute', where: { region: 'south' } };
    expect(selectClients(south, regions, 5, SEED, 1)).toEqual([6, 7]);
    const either: Selection = { type: 'attribute', where: { region: ['south', 'east'], constructor: 'x' } };
    expect(selectClients(either, regions, 5, SEED, 1)).toEqual([7]);
    expect(selectClients({ type: 'attribute', where: { toString: ['x'] } }, regions, 5, SEED, 1)).toEqual([]);
  });

  it('draws uniformly where nothing is to be balanced', () => {
    const counts = pairCounts({ type: 'attribute' }, regions.slice(0, 6), 15_000);
    expect(
      chiSquareP(
        counts,
        counts.map(() => 1000),
      ),
    ).toBeGreaterThan(FALSE_ALARM);
  });

  it('takes as many of each value, then of those that are left', () => {
    for (let round = 1; round <= 20; round++) {
      const of = (size: number) => regionsOf(selectClients(balanced, regions, size, SEED, round)).sort();
      expect(of(3)).toEqual(['none', 'north', 'south']);
      expect(of(5)).toEqual(['none', 'north', 'north', 'south', 'south']);
      expect(of(7)).toEqual(['none', 'north', 'north', 'north', 'north', 'south', 'south']);
    }
  });

  it('gives what cannot be shared out evenly to a random value, and within it to a random client', () => {
    const counts = new Map<number, number>();
    for (let round = 1; round <= 9000; round++) {
      const [id] = selectClients(balanced, regions, 1, SEED, round);
      counts.set(id!, (counts.get(id!) ?? 0) + 1);
    }
    const drawn = regions.map(({ clientId }) => counts.get(clientId) ?? 0);
    const expected = [500, 500, 500, 500, 500, 500, 1500, 1500, 3000];
    expect(chiSquareP(drawn, expected)).toBeGreaterThan(FALSE_ALARM);
  });
});
