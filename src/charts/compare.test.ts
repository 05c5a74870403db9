import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import type { RunEvent } from '../round/run-events.js';
import { compareCharts, comparedResults, comparedSettings } from './compare.js';
import { summarizeRun } from './run-summary.js';

const named = (events: readonly RunEvent[], runId: string) =>
  summarizeRun(events.map((event) => (event.type === 'run-started' ? { ...event, runId } : event)));

it('draws one line a run over the rounds of all', () => {
  const charts = compareCharts([named(fakeRun({ rounds: 2 }), 'a'), named(fakeRun({ rounds: 4 }), 'b')]);
  expect(charts.map(({ id }) => id)).toEqual(['accuracy', 'loss']);
  expect(charts[0]?.x).toEqual([0, 1, 2, 3, 4]);
  expect(charts[0]?.series.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(charts[0]?.series[0]?.values).toMatchObject({ 3: null, 4: null });
});

it('leaves out what no run has, and runs that nobody evaluated', () => {
  expect(compareCharts([named(unevaluatedRun(), 'a'), named(unevaluatedRun(), 'b')])).toEqual([]);
  const [accuracy] = compareCharts([named(unevaluatedRun(), 'a'), named(fakeRun(), 'b')]);
  expect(accuracy?.series).toHaveLength(1);
  expect(accuracy?.series[0]?.tone).toBe('central');
});

it('sets results beside each other, without numbers that nobody knows', () => {
  const rows = comparedResults([named(unevaluatedRun(), 'a'), named(fakeRun(), 'b')]);
  expect(rows.find(({ name }) => name === 'Result')?.values[0]).toBe('–');
  expect(rows.find(({ name }) => name === 'Result')?.values[1]).toMatch(/^\d\d\.\d% accuracy$/);
  expect(JSON.stringify(rows)).not.toMatch(/NaN|undefined|n\/a/);
});

it('puts the settings that differ first, and knows a missing one from an empty one by neither', () => {
  const rows = comparedSettings([
    { name: 'a', rounds: 3, model: '2nn', compare: [] },
    { name: 'b', rounds: 4, model: '2nn', seed: 1 },
  ]);
  expect(rows.map(({ name, differs }) => [name, differs])).toEqual([
    ['rounds', true],
    ['seed', true],
    ['compare', false],
    ['model', false],
  ]);
  expect(rows[1]?.values).toEqual(['–', '1']);
});
