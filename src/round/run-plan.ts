/** What is fixed for a whole run, and what follows from it for one round. */
import { ConfigError } from '../errors.js';
import { type CohortRule, cohortSizeOf } from '../strategy/cohort.js';
import { checkSelection, type Selection } from '../strategy/selection.js';
import type { Strategy } from '../strategy/strategy.js';
import type { StopRules } from './stopping.js';

/** The next round waits after a failed one: `initialMs`, then `factor` times as long, up to `maxMs`. */
export interface RetryRule {
  readonly initialMs: number;
  readonly maxMs: number;
  /** 1 or more. */
  readonly factor: number;
}

/** What is fixed for a whole run. */
export interface RunPlan {
  readonly strategy: Strategy;
  readonly stop: StopRules;
  readonly seed: number;
  /** All clients, where they are known and always there. Absent: the host is asked who is available. */
  readonly population?: readonly number[];
  /** Who is chosen of those who are available [uniform]. Others than uniform only without `population`. */
  readonly selection?: Selection;
  /**
   * How many clients are asked for each that must report, 1 or more [1]. A round closes when the cohort's size by the
   * strategy, its goal, has reported; those who have not by then are surplus. Bonawitz et al. 2019, "Towards
   * federated learning at scale: system design" (arXiv 1902.01046), take 1.3.
   */
  readonly overSelection?: number;
  /** The draw waits for so many who are available [as many as are asked]. Not with `population`. */
  readonly poolSize?: number;
  /** From here on a round starts with fewer, if at least the strategy's minimum is there [never]. Not with `population`. */
  readonly selectionMs?: number;
  /** From the start of a round until those who have not reported count as failed [never]. */
  readonly deadlineMs?: number;
  /** What a round waits for after a failed one [not at all]. */
  readonly retry?: RetryRule;
}

/** How many clients a round is after. */
export interface RoundSize {
  /** So many reports close the round. */
  readonly goal: number;
  /** So many are asked, if they are there. */
  readonly asked: number;
  /** With so many available the draw is made at once. */
  readonly wanted: number;
  /** With fewer no round starts, and none succeeds. */
  readonly minimum: number;
}

/** Timers of hosts that are asked for more go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const UNIFORM: Selection = { type: 'uniform' };

/** The plan's selection, uniform where it says nothing. */
export function selectionOf({ selection = UNIFORM }: RunPlan): Selection {
  return selection;
}

/**
 * How many clients each round of a plan is after.
 *
 * @throws {ConfigError} when the strategy's cohort fits no known population, or is a rate without one.
 */
export function roundSizeOf(plan: RunPlan): RoundSize {
  const { strategy, population, overSelection = 1, poolSize = 0 } = plan;
  const { cohort, minimumClients: minimum } = strategy;
  const goal = population ? cohortSizeOf(cohort, population.length) : sizeWithoutPopulation(cohort);
  // What a product of decimals has too much must not ask one more client: 100 * 1.1 is 110.00000000000001.
  const asked = Math.min(
    Math.ceil(goal * overSelection - 1e-9),
    population?.length ?? Number.POSITIVE_INFINITY,
  );
  const selection = selectionOf(plan);
  const pool = selection.type === 'power-of-choice' ? selection.candidateCount : 0;
  return { goal, asked, wanted: Math.max(asked, poolSize, pool), minimum };
}

function sizeWithoutPopulation(cohort: CohortRule): number {
  if (!('cohortSize' in cohort)) {
    throw new ConfigError(
      'cohort must be a cohortSize where the population is not known, got a samplingRate',
    );
  }
  const { cohortSize } = cohort;
  if (Number.isSafeInteger(cohortSize) && cohortSize > 0) return cohortSize;
  throw new ConfigError(`cohortSize must be a positive integer, got ${cohortSize}`);
}

/**
 * Refuses a plan that cannot be carried out.
 *
 * @throws {ConfigError} naming the setting.
 */
export function checkPlan(plan: RunPlan): void {
  const { population, selection, overSelection = 1, poolSize, selectionMs, deadlineMs, retry } = plan;
  if (!(overSelection >= 1 && overSelection < Number.POSITIVE_INFINITY)) {
    throw new ConfigError(`overSelection must be 1 or more, got ${overSelection}`);
  }
  const { goal, minimum } = roundSizeOf(plan);
  if (minimum > goal) {
    throw new ConfigError(`minimumClients must be at most the size of a cohort, ${goal}, got ${minimum}`);
  }
  if (selection) checkSelection(selection);
  if (population && (selection?.type ?? 'uniform') !== 'uniform') {
    throw new ConfigError(`selection must be uniform where the population is known, got ${selection?.type}`);
  }
  if (poolSize !== undefined && !(Number.isSafeInteger(poolSize) && poolSize > 0)) {
    throw new ConfigError(`poolSize must be a positive integer, got ${poolSize}`);
  }
  checkMilliseconds('selectionMs', selectionMs, true);
  checkMilliseconds('deadlineMs', deadlineMs, false);
  if (!retry) return;
  checkMilliseconds('retry.initialMs', retry.initialMs, true);
  checkMilliseconds('retry.maxMs', retry.maxMs, true);
  if (!(retry.factor >= 1 && retry.factor < Number.POSITIVE_INFINITY)) {
    throw new ConfigError(`retry.factor must be 1 or more, got ${retry.factor}`);
  }
}

function checkMilliseconds(name: string, value: number | undefined, zero: boolean): void {
  if (value === undefined || (value >= 0 && value <= LONGEST_TIMER_MS && (zero || value > 0))) return;
  const expected = `${zero ? '' : 'positive '}number of milliseconds up to ${LONGEST_TIMER_MS}`;
  throw new ConfigError(`${name} must be a ${expected}, got ${value}`);
}

/** Milliseconds to wait before a round, after `failures` failed ones in a row. */
export function retryDelayMs(retry: RetryRule | undefined, failures: number): number {
  // Zero times what has grown to infinity would be no number.
  if (!retry || retry.initialMs === 0 || failures === 0) return 0;
  return Math.min(retry.maxMs, retry.initialMs * retry.factor ** (failures - 1));
}
