/** Tests of the stopping rules. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import type { Metrics } from './run-events.js';
import {
  isEvaluated,
  noteRound,
  type Progress,
  type RunProgress,
  type StopRules,
  stopReason,
} from './stopping.js';

const byAccuracy: StopRules = { rounds: 100, metric: 'accuracy' };
const byLoss: StopRules = { rounds: 100, metric: 'loss' };

/**
 * Feeds rounds 0, 1, 2 ... a second apart; `values` are accuracies, or losses where rules judge by loss, or null
 * for a round that was not evaluated.
 */
function progressAfter(rules: StopRules, values: readonly (number | null)[]): RunProgress {
  let progress: RunProgress | null = null;
  for (const [round, value] of values.entries()) {
    const metrics: Metrics | null =
      value === null
        ? null
        : rules.metric === 'loss'
          ? { exampleCount: 10, loss: value }
          : { exampleCount: 10, loss: 1, accuracy: value };
    progress = noteRound(rules, progress, round, metrics, round * 1000);
  }
  return progress!;
}

const reasonAfter = (rules: StopRules, values: readonly (number | null)[]) =>
  stopReason(rules, progressAfter(rules, values));

describe('noteRound', () => {
  it('remembers the first of the best rounds', () => {
    expect(progressAfter(byAccuracy, [0.1, 0.8, 0.5, 0.8])).toMatchObject({ bestRound: 1, bestValue: 0.8 });
    expect(progressAfter(byLoss, [3, 1, 0.5, 2])).toMatchObject({ bestRound: 2, bestValue: 0.5 });
  });

  it('counts rounds since the metric got better by more than the minimum change', () => {
    const rules = { ...byAccuracy, plateau: { patience: 9, minChange: 0.05 } };
    expect(progressAfter(rules, [0.5, 0.54, 0.55])).toMatchObject({ roundsWithoutChange: 2 });
    expect(progressAfter(rules, [0.5, 0.54, 0.56])).toMatchObject({ roundsWithoutChange: 0 });
  });

  it('takes a loss that is no number for the worst of all', () => {
    expect(progressAfter(byLoss, [2, Number.NaN, 5])).toMatchObject({ bestRound: 0, bestValue: 2 });
    expect(progressAfter(byLoss, [Number.NaN, 5])).toMatchObject({ bestRound: 1, bestValue: 5 });
  });

  it('goes on from a log, where such a loss has become null', () => {
    const logged = JSON.parse(JSON.stringify(progressAfter(byLoss, [Number.NaN]))) as Progress;
    const after = noteRound(byLoss, logged, 1, { exampleCount: 10, loss: 5 }, 0);
    expect(after).toMatchObject({ bestRound: 1, bestValue: 5, roundsWithoutChange: 0 });
  });

  it('refuses a metric that the model does not have', () => {
    const note = () => noteRound({ ...byAccuracy }, null, 0, { exampleCount: 1, loss: 1 }, 0);
    expect(note).toThrow(ConfigError);
    expect(note).toThrow('"accuracy"');
  });
});

describe('isEvaluated', () => {
  const evaluatedRounds = (rules: StopRules, elapsedMs = 0) =>
    Array.from({ length: rules.rounds + 1 }, (_, round) => round).filter((round) =>
      isEvaluated(rules, round, elapsedMs),
    );

  it('is every round where nothing else is asked for', () => {
    expect(evaluatedRounds({ ...byAccuracy, rounds: 3 })).toEqual([0, 1, 2, 3]);
  });

  it('is the first, every so manieth and the last', () => {
    expect(evaluatedRounds({ ...byAccuracy, rounds: 11, evaluateEvery: 4 })).toEqual([0, 4, 8, 11]);
  });

  it('is every round once the time is up', () => {
    const rules = { ...byAccuracy, rounds: 5, evaluateEvery: 10, wallMs: 100 };
    expect(evaluatedRounds(rules, 99)).toEqual([0, 5]);
    expect(evaluatedRounds(rules, 100)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('a round that was not evaluated', () => {
  it('moves on round and time, and leaves what is known as it was', () => {
    const before = progressAfter(byAccuracy, [0.1, 0.8]);
    expect(progressAfter(byAccuracy, [0.1, 0.8, null, null])).toEqual({
      ...before,
      round: 3,
      elapsedMs: 3000,
    });
  });

  it('counts as one without change once a later one is evaluated', () => {
    const rules = { ...byAccuracy, plateau: { patience: 4, minChange: 0 } };
    expect(progressAfter(rules, [0.5, null, null, 0.4])).toMatchObject({ roundsWithoutChange: 3 });
    expect(progressAfter(rules, [0.5, null, null, 0.6])).toMatchObject({ roundsWithoutChange: 0 });
    expect(reasonAfter(rules, [0.5, null, 0.4, null, null, 0.3])).toBe('plateau');
  });

  it('ends no run, neither by its time nor by its target', () => {
    const rules = {
      ...byAccuracy,
      wallMs: 2000,
      target: { metric: 'accuracy', value: 0.5 },
      when: () => true,
    } as const;
    expect(reasonAfter(rules, [0.4, null, null])).toBeNull();
    expect(reasonAfter({ ...rules, when: () => false }, [0.4, null, null, 0.4])).toBe('wall-time');
  });

  it('does not keep a run from its last round', () => {
    expect(reasonAfter({ ...byAccuracy, rounds: 2 }, [0.4, null])).toBeNull();
    expect(reasonAfter({ ...byAccuracy, rounds: 2 }, [0.4, null, null])).toBe('rounds');
  });

  it('ends a run by its time where it began after that, and should have been evaluated', () => {
    const rules = { ...byAccuracy, wallMs: 2000 };
    expect(reasonAfter(rules, [0.4, null, null])).toBeNull();
    expect(reasonAfter(rules, [0.4, null, null, null])).toBe('wall-time');
  });
});

describe('a run of which no round has been evaluated', () => {
  it('has its last round as its best', () => {
    expect(progressAfter(byAccuracy, [null])).toEqual({ round: 0, bestRound: 0, elapsedMs: 0 });
    expect(progressAfter(byAccuracy, [null, null, null])).toEqual({
      round: 2,
      bestRound: 2,
      elapsedMs: 2000,
    });
  });

  it('ends by its rounds and its time only', () => {
    const rules = {
      ...byAccuracy,
      target: { metric: 'accuracy', value: 0 },
      plateau: { patience: 1, minChange: 0 },
      when: () => true,
    } as const;
    expect(reasonAfter(rules, [null, null, null, null])).toBeNull();
    expect(reasonAfter({ ...rules, rounds: 3 }, [null, null, null])).toBeNull();
    expect(reasonAfter({ ...rules, rounds: 3 }, [null, null, null, null])).toBe('rounds');
    expect(reasonAfter({ ...rules, wallMs: 3000 }, [null, null, null])).toBeNull();
    expect(reasonAfter({ ...rules, wallMs: 3000 }, [null, null, null, null])).toBe('wall-time');
  });

  it('is judged from the first round that is evaluated', () => {
    expect(progressAfter(byAccuracy, [null, null, 0.3])).toMatchObject({
      evaluatedRound: 2,
      bestRound: 2,
      bestValue: 0.3,
      roundsWithoutChange: 0,
    });
    const rules = { ...byAccuracy, plateau: { patience: 2, minChange: 0 } };
    expect(reasonAfter(rules, [null, null, 0.3, null])).toBeNull();
    expect(reasonAfter(rules, [null, null, 0.3, 0.3, 0.3])).toBe('plateau');
  });
});

describe('stopReason', () => {
  it('goes on until the last round', () => {
    expect(reasonAfter({ ...byAccuracy, rounds: 2 }, [0, 0.1])).toBeNull();
    expect(reasonAfter({ ...byAccuracy, rounds: 2 }, [0, 0.1, 0.2])).toBe('rounds');
    expect(reasonAfter({ ...byAccuracy, rounds: 0 }, [0])).toBe('rounds');
  });

  it('ends at a target accuracy, reached or passed', () => {
    const rules = { ...byAccuracy, target: { metric: 'accuracy', value: 0.9 } } as const;
    expect(reasonAfter(rules, [0.1, 0.899])).toBeNull();
    expect(reasonAfter(rules, [0.1, 0.9])).toBe('target');
  });

  it('ends at a target loss, reached from above', () => {
    const rules = { ...byLoss, target: { metric: 'loss', value: 0.5 } } as const;
    expect(reasonAfter(rules, [2, 0.51])).toBeNull();
    expect(reasonAfter(rules, [2, 0.5])).toBe('target');
    expect(reasonAfter(rules, [2, Number.NaN])).toBeNull();
  });

  it('ends on a plateau', () => {
    const rules = { ...byAccuracy, plateau: { patience: 2, minChange: 0 } };
    expect(reasonAfter(rules, [0.1, 0.5, 0.5])).toBeNull();
    expect(reasonAfter(rules, [0.1, 0.5, 0.5, 0.4])).toBe('plateau');
    expect(reasonAfter(rules, [0.1, 0.5, 0.5, 0.6])).toBeNull();
  });

  it('ends a run that has diverged for as long as its patience', () => {
    const rules = { ...byLoss, plateau: { patience: 2, minChange: 0 } };
    expect(reasonAfter(rules, [2, Number.NaN])).toBeNull();
    expect(reasonAfter(rules, [2, Number.NaN, Number.NaN])).toBe('plateau');
  });

  it('ends with the first round after the time is up', () => {
    const rules = { ...byAccuracy, wallMs: 2000 };
    expect(reasonAfter(rules, [0, 0])).toBeNull();
    expect(reasonAfter(rules, [0, 0, 0])).toBe('wall-time');
  });

  it("ends when the user's function says so", () => {
    const rules = { ...byAccuracy, when: ({ round, bestValue }: Progress) => round > 0 && bestValue < 0.3 };
    expect(reasonAfter(rules, [0.1, 0.4])).toBeNull();
    expect(reasonAfter(rules, [0.1, 0.2])).toBe('user');
  });

  it('gives the target as the reason where it is reached in the last round', () => {
    const rules = { ...byAccuracy, rounds: 1, target: { metric: 'accuracy', value: 0.9 } } as const;
    expect(reasonAfter(rules, [0.1, 0.95])).toBe('target');
  });
});
