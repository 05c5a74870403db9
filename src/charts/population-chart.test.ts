import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import { populationChart } from './population-chart.js';
import { summarizeRun } from './run-summary.js';

const lines = (events: ReturnType<typeof fakeRun>) =>
  populationChart(summarizeRun(events))?.series.map(({ name }) => name);

it('begins with the first round that asked clients', () => {
  expect(populationChart(summarizeRun(fakeRun({ rounds: 0 })))).toBeUndefined();
  expect(populationChart(summarizeRun(fakeRun({ rounds: 3 })))?.x).toEqual([1, 2, 3]);
});

it('knows how many were available only where it was logged', () => {
  expect(lines(fakeRun())).toEqual(['Asked', 'Trained', 'Failed']);
  const events = unevaluatedRun({ rounds: 3 }).map((event) =>
    event.type === 'round-started' && event.round > 1 ? { ...event, availableCount: 40 } : event,
  );
  expect(lines(events)).toEqual(['Available', 'Asked', 'Trained', 'Failed']);
  expect(populationChart(summarizeRun(events))?.series[0]?.values).toEqual([null, 40, 40]);
});
