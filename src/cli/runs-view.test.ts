/** Tests of how runs are summed up, compared and exported. */
import { describe, expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import type { StoredRun } from '../store/stored-run.js';
import { compareRuns, damagedRun, describeRun, roundsAsCsv, runTable, summaryOf } from './runs-view.js';
import type { TerminalOptions } from './terminal/style.js';

const plain: TerminalOptions = { color: false, columns: 200, unicode: true };

function stored(runId: string, config: unknown, events = fakeRun({ rounds: 4, clients: 3 })): StoredRun {
  return { path: `runs/${runId}`, runId, config, events, torn: false };
}

const config = { data: 'digits', partition: 'iid', model: '2nn', seed: 1 };

describe('summaryOf', () => {
  it('says how a run ended and what came of it', () => {
    const run = stored('a', config);
    const last = run.events.findLast((event) => event.type === 'round-finished');
    expect(summaryOf(run)).toMatchObject({
      runId: 'a',
      state: 'rounds',
      data: 'digits',
      clients: 3,
      rounds: 4,
      accuracy: last?.metrics?.accuracy,
      loss: last?.metrics?.loss,
    });
  });

  it('calls a run unfinished whose log has no end, also one that has not begun', () => {
    expect(summaryOf(stored('a', config, fakeRun({ rounds: 4, unfinished: true })))).toMatchObject({
      state: 'unfinished',
      rounds: 4,
    });
    expect(summaryOf(stored('a', null, []))).toMatchObject({ state: 'unfinished', rounds: 0, clients: null });
  });

  it('has no words for data that the server does not have', () => {
    const served = { type: 'served', model: 'mlp', seed: 1 };
    expect(summaryOf(stored('a', served))).toMatchObject({ data: '-', partition: '-' });
  });
});

describe('runTable', () => {
  it('has a line for each run, damaged or not', () => {
    const lines = runTable([summaryOf(stored('a', config)), damagedRun('b')], plain).split('\n');
    expect(lines.filter((line) => /^\s*a\b.*rounds.*digits/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^\s*b\b.*damaged/.test(line))).toHaveLength(1);
  });
});

describe('describeRun', () => {
  it('shows result, rounds and settings', () => {
    const text = describeRun(stored('a', config), plain);
    expect(text).toContain('partition');
    expect(text).toContain('iid');
    expect(text).toMatch(/accuracy/i);
  });

  it('says when a run has not started', () => {
    expect(describeRun(stored('a', config, []), plain)).toMatch(/^a has not started\./);
  });
});

describe('a run that nobody has evaluated', () => {
  const run = stored('a', config, unevaluatedRun({ rounds: 4, clients: 3 }));

  it('is listed, shown, compared and exported without metrics', () => {
    expect(summaryOf(run)).toMatchObject({
      state: 'rounds',
      clients: 3,
      rounds: 4,
      accuracy: null,
      loss: null,
    });
    const text = describeRun(run, plain);
    expect(text).toMatch(/^Result {3}Ended after 4 rounds; nobody has evaluated the model\.$/m);
    expect(text).toMatch(/^ +4 +- +- +- +- +3\/6 /m);
    expect(text).not.toMatch(/NaN|n\/a|undefined|Best/);
    expect(compareRuns([run, stored('b', config)], plain)).toMatch(/^ *a +rounds/m);
    const [header, ...rows] = roundsAsCsv(run.events).split('\n');
    expect(rows).toHaveLength(5);
    const loss = header?.split(',').indexOf('loss') ?? -1;
    expect(rows.map((row) => row.split(',')[loss])).toEqual(['', '', '', '', '']);
  });
});

describe('compareRuns', () => {
  it('shows only the settings that differ', () => {
    const text = compareRuns([stored('a', config), stored('b', { ...config, seed: 2, clients: 3 })], plain);
    const settings = text.split('\n').map((line) => line.trim().split(/\s+/).slice(0, 3).join(' '));
    expect(settings).toContain('seed 1 2');
    expect(settings).toContain('clients - 3');
    expect(settings.some((line) => line.startsWith('data digits'))).toBe(false);
  });
});

describe('roundsAsCsv', () => {
  it('has a header, a line for each round, and as many cells in each', () => {
    const lines = roundsAsCsv(fakeRun({ rounds: 4, baselines: true, failedRounds: [2] })).split('\n');
    expect(lines).toHaveLength(6);
    const cells = lines.map((line) => line.split(','));
    expect(new Set(cells.map(({ length }) => length)).size).toBe(1);
    expect(cells.slice(1).map(([round, outcome]) => [round, outcome])).toEqual([
      ['0', 'aggregated'],
      ['1', 'aggregated'],
      ['2', 'failed'],
      ['3', 'aggregated'],
      ['4', 'aggregated'],
    ]);
    const central = cells[0]?.indexOf('central_accuracy') ?? -1;
    expect(Number(cells[1]?.[central])).toBeGreaterThan(0);
  });

  it('leaves cells empty where a round has no such value', () => {
    const lines = roundsAsCsv(fakeRun({ rounds: 1, task: 'regression' })).split('\n');
    const accuracy = lines[0]?.split(',').indexOf('accuracy') ?? -1;
    expect(lines[2]?.split(',')[accuracy]).toBe('');
  });
});
