/** Who takes part in a round: a uniform draw without replacement, seeded by the round. */
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';

/** A share of the population, above 0 up to 1 (at least one client), or a number of clients. */
export type CohortRule = { readonly samplingRate: number } | { readonly cohortSize: number };

/**
 * How many clients of `populationSize` a round asks.
 *
 * @throws {ConfigError} when the rate is outside (0, 1], or the size is not from 1 to the population's.
 */
export function cohortSizeOf(rule: CohortRule, populationSize: number): number {
  if ('samplingRate' in rule) {
    const { samplingRate } = rule;
    if (!(samplingRate > 0 && samplingRate <= 1)) {
      throw new ConfigError(`samplingRate must be above 0 and at most 1, got ${samplingRate}`);
    }
    return Math.max(1, Math.round(samplingRate * populationSize));
  }
  const { cohortSize } = rule;
  if (!Number.isSafeInteger(cohortSize) || cohortSize < 1 || cohortSize > populationSize) {
    throw new ConfigError(
      `cohortSize must be an integer from 1 to the number of clients, ${populationSize}, got ${cohortSize}`,
    );
  }
  return cohortSize;
}

/** The clients of one round, each set of that size equally likely, in ascending order. */
export function selectCohort(
  rule: CohortRule,
  population: readonly number[],
  seed: number,
  round: number,
): number[] {
  const size = cohortSizeOf(rule, population.length);
  if (size === population.length) return [...population];
  const drawn = seededRandom(seed, 'cohort', round)
    .shuffle([...population])
    .slice(0, size);
  return drawn.sort((a, b) => a - b);
}
