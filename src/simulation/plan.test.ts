/** Tests of the plan of a simulation. */
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../settings/simulation-options.js';
import { planRun } from './plan.js';

describe('planRun', () => {
  it('makes the rules of a run from its settings', () => {
    const stopWhen = () => false;
    const options = parseOptions({
      rounds: 7,
      samplingRate: 0.5,
      maxSeconds: 2,
      plateau: { patience: 3, minChange: 0 },
      target: { metric: 'loss', value: 0.1 },
      stopWhen,
    });
    const plan = planRun(options, 4, 'classification');
    expect(plan).toMatchObject({
      population: [0, 1, 2, 3],
      strategy: { cohort: { samplingRate: 0.5 } },
      stop: {
        rounds: 7,
        metric: 'accuracy',
        wallMs: 2000,
        plateau: { patience: 3, minChange: 0 },
        target: { metric: 'loss', value: 0.1 },
        when: stopWhen,
      },
    });
  });

  it('judges a regression by its loss, and text by the recall of the likeliest token', () => {
    expect(planRun(parseOptions({}), 10, 'regression').stop.metric).toBe('loss');
    const options = parseOptions({ target: { metric: 'perplexity', value: 9 }, evaluateEvery: 10 });
    expect(planRun(options, 10, 'next-token').stop).toMatchObject({ metric: 'accuracy', evaluateEvery: 10 });
  });

  it.each([
    [
      { target: { metric: 'accuracy', value: 1 } },
      'target must be loss, meanAbsoluteError for regression, got accuracy',
    ],
    [{ compare: ['ngram'] }, 'compare may hold ngram for next-token only, got it for regression'],
    [{ cohort: 11 }, 'cohortSize must be an integer from 1 to the number of clients, 10, got 11'],
    [{ cohort: 2, minimumClients: 3 }, 'minimumClients must be at most the size of a cohort, 2, got 3'],
  ])('refuses %j', (settings, message) => {
    expect(() => planRun(parseOptions(settings), 10, 'regression')).toThrow(message);
  });
});
