/** Tests of plans: how many clients a round is after, what is refused, how long a failed round makes wait. */
import { describe, expect, it } from 'vitest';
import { planOf, wildPlan } from '../../test/helpers/drive-round.js';
import { ConfigError } from '../errors.js';
import { checkPlan, type RunPlan, retryDelayMs, roundSizeOf } from './run-plan.js';

describe('roundSizeOf', () => {
  it('asks as many as the strategy says where nothing else is asked for', () => {
    expect(roundSizeOf(wildPlan())).toEqual({ goal: 3, asked: 3, wanted: 3, minimum: 1 });
    expect(roundSizeOf(planOf(20, { cohort: { samplingRate: 0.25 }, minimumClients: 2 }))).toEqual({
      goal: 5,
      asked: 5,
      wanted: 5,
      minimum: 2,
    });
  });

  it.each([
    [1, 10, 10],
    [1.3, 10, 13],
    [1.3, 3, 4],
    [1.1, 100, 110],
    [1.001, 10, 11],
  ])('times %d, rounded up, of %d clients are %d', (overSelection, cohortSize, asked) => {
    expect(roundSizeOf(wildPlan({ overSelection }, { cohort: { cohortSize } }))).toMatchObject({
      goal: cohortSize,
      asked,
      wanted: asked,
    });
  });

  it('asks no more than there are', () => {
    expect(roundSizeOf({ ...planOf(11, { cohort: { cohortSize: 10 } }), overSelection: 1.3 })).toMatchObject({
      goal: 10,
      asked: 11,
    });
  });
});

describe('checkPlan', () => {
  const known = planOf(5);
  it.each<[string, RunPlan]>([
    ['overSelection must be 1 or more, got 0.9', wildPlan({ overSelection: 0.9 })],
    ['overSelection must be 1 or more, got NaN', wildPlan({ overSelection: Number.NaN })],
    [
      'cohort must be a cohortSize where the population is not known, got a samplingRate',
      wildPlan({}, { cohort: { samplingRate: 0.5 } }),
    ],
    ['cohortSize must be a positive integer, got 0', wildPlan({}, { cohort: { cohortSize: 0 } })],
    ['minimumClients must be at most the size of a cohort, 3, got 4', wildPlan({}, { minimumClients: 4 })],
    [
      'candidateCount must be a positive integer, got 0',
      wildPlan({ selection: { type: 'power-of-choice', candidateCount: 0 } }),
    ],
    [
      'selection must be uniform where the population is known, got availability',
      { ...known, selection: { type: 'availability' } },
    ],
    ['poolSize must be a positive integer, got 0', wildPlan({ poolSize: 0 })],
    ['selectionMs must be a number of milliseconds up to 2147483647, got -1', wildPlan({ selectionMs: -1 })],
    [
      'deadlineMs must be a positive number of milliseconds up to 2147483647, got 0',
      wildPlan({ deadlineMs: 0 }),
    ],
    [
      'deadlineMs must be a positive number of milliseconds up to 2147483647, got 2147483648',
      wildPlan({ deadlineMs: 2 ** 31 }),
    ],
    [
      'retry.initialMs must be a number of milliseconds up to 2147483647, got Infinity',
      wildPlan({ retry: { initialMs: Number.POSITIVE_INFINITY, maxMs: 1, factor: 1 } }),
    ],
    [
      'retry.maxMs must be a number of milliseconds up to 2147483647, got -1',
      wildPlan({ retry: { initialMs: 1, maxMs: -1, factor: 1 } }),
    ],
    ['retry.factor must be 1 or more, got 0.5', wildPlan({ retry: { initialMs: 1, maxMs: 1, factor: 0.5 } })],
  ])('says "%s"', (message, plan) => {
    expect(() => checkPlan(plan)).toThrow(new ConfigError(message));
  });

  it('lets sound plans pass', () => {
    expect(() => checkPlan({ ...known, overSelection: 1.3, selection: { type: 'uniform' } })).not.toThrow();
    const retry = { initialMs: 0, maxMs: 0, factor: 1 };
    expect(() =>
      checkPlan(wildPlan({ selectionMs: 0, deadlineMs: 2 ** 31 - 1, poolSize: 9, retry })),
    ).not.toThrow();
  });
});

describe('retryDelayMs', () => {
  it('grows by its factor up to its limit, and is nothing without a failure or a rule', () => {
    const rule = { initialMs: 100, maxMs: 1000, factor: 3 };
    expect([0, 1, 2, 3, 4, 2000].map((failures) => retryDelayMs(rule, failures))).toEqual([
      0, 100, 300, 900, 1000, 1000,
    ]);
    expect(retryDelayMs(undefined, 3)).toBe(0);
    expect(retryDelayMs({ ...rule, initialMs: 0 }, 2000)).toBe(0);
  });
});
