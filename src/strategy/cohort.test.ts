/** Tests of cohort selection. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { cohortSizeOf, selectCohort } from './cohort.js';

const clients = (count: number) => Array.from({ length: count }, (_, clientId) => clientId);

describe('cohortSizeOf', () => {
  it.each([
    [0.1, 100, 10],
    [0.25, 10, 3],
    [0.001, 10, 1],
    [1, 7, 7],
  ])('takes a share of %d of %d clients as %d', (samplingRate, population, size) => {
    expect(cohortSizeOf({ samplingRate }, population)).toBe(size);
  });

  it.each([0, -0.1, 1.01, Number.NaN])('refuses a sampling rate of %d', (samplingRate) => {
    const size = () => cohortSizeOf({ samplingRate }, 10);
    expect(size).toThrow(ConfigError);
    expect(size).toThrow(`samplingRate must be above 0 and at most 1, got ${samplingRate}`);
  });

  it.each([0, 11, 2.5, Number.NaN])('refuses a cohort of %d out of 10', (cohortSize) => {
    const size = () => cohortSizeOf({ cohortSize }, 10);
    expect(size).toThrow(ConfigError);
    expect(size).toThrow(
      `cohortSize must be an integer from 1 to the number of clients, 10, got ${cohortSize}`,
    );
  });
});

describe('selectCohort', () => {
  it('draws different clients of the population, in ascending order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.nat(),
        fc.nat(1e6),
        (count, pick, round, seed) => {
          const cohortSize = 1 + (pick % count);
          const cohort = selectCohort({ cohortSize }, clients(count), seed, round);
          expect(cohort).toHaveLength(cohortSize);
          expect(new Set(cohort).size).toBe(cohortSize);
          expect(cohort.every((clientId) => clientId >= 0 && clientId < count)).toBe(true);
          expect(cohort).toEqual(cohort.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it('draws the same cohort for the same seed and round, and others for others', () => {
    const draw = (seed: number, round: number) => selectCohort({ cohortSize: 5 }, clients(50), seed, round);
    expect(draw(1, 3)).toEqual(draw(1, 3));
    expect(draw(1, 3)).not.toEqual(draw(1, 4));
    expect(draw(1, 3)).not.toEqual(draw(2, 3));
  });

  it('takes everybody without a draw', () => {
    expect(selectCohort({ samplingRate: 1 }, [4, 2, 9], 1, 1)).toEqual([4, 2, 9]);
  });

  // Chi-square with 9 degrees of freedom: above 27.88 with probability 0.001. The seed is fixed, so the test
  // never wavers; a correct generator put in place of this one would be refused once in 1,000 times.
  it('draws every pair out of five clients equally often', () => {
    const counts = new Map<string, number>();
    const rounds = 5000;
    for (let round = 1; round <= rounds; round++) {
      const pair = selectCohort({ cohortSize: 2 }, clients(5), 11, round).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    const expected = rounds / 10;
    const statistic = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(10);
    expect(statistic).toBeLessThan(27.88);
  });
});
