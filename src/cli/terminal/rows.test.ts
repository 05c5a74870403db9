import { describe, expect, it } from 'vitest';
import { fakeRun } from '../../../test/helpers/run-events.js';
import type { RoundFinished } from '../../round/run-events.js';
import { finalSummary } from './final-summary.js';
import { progressLine, smoothed } from './progress-line.js';
import { roundHeader, roundRow } from './round-row.js';
import { widthOf } from './style.js';

const PLAIN = { color: false, columns: 80 };

function round(changes: Partial<RoundFinished> = {}): RoundFinished {
  return {
    type: 'round-finished',
    round: 12,
    outcome: 'aggregated',
    cohortSize: 10,
    trainedCount: 9,
    failedCount: 1,
    metrics: { exampleCount: 100, loss: 0.1234, accuracy: 0.961 },
    downBytes: 8_000_000,
    upBytes: 7_200_000,
    wallMs: 840,
    modelSha256: '',
    ...changes,
  };
}

describe('progressLine', () => {
  it('shows a bar and the time left at the recent pace', () => {
    const line = progressLine(
      { done: 3, total: 4, label: 'round 3/4', elapsedMs: 9000, msPerUnit: 2000 },
      PLAIN,
    );
    expect(line).toBe(`round 3/4  ${'█'.repeat(23)}${'░'.repeat(7)}  75%  2.0 s left`);
  });

  it('takes the pace so far where no recent one is known, and no pace where nothing is done', () => {
    const progress = { done: 2, total: 4, label: 'x', elapsedMs: 9000 };
    expect(progressLine(progress, PLAIN)).toMatch(/9\.0 s left$/);
    expect(progressLine({ ...progress, done: 0 }, PLAIN)).toMatch(/ 0% {2}9\.0 s$/);
  });

  it('leaves out the bar, then the end, in a narrow terminal', () => {
    const progress = { done: 1, total: 2, label: 'round 1/2', elapsedMs: 1000 };
    expect(progressLine(progress, { ...PLAIN, columns: 30 })).toBe('round 1/2  50%  1.0 s left');
    for (let columns = 1; columns < 90; columns++) {
      expect(widthOf(progressLine(progress, { ...PLAIN, columns }))).toBeLessThan(Math.max(columns, 1));
    }
  });

  it('smooths the pace towards the newest', () => {
    expect(smoothed(undefined, 10)).toBe(10);
    expect(smoothed(10, 20)).toBeCloseTo(13);
  });
});

describe('roundRow', () => {
  it('stands below its header, column by column', () => {
    expect(roundHeader('classification', PLAIN)).toBe(
      'round  accuracy      loss  federated  worst 10%   clients    bytes         time',
    );
  });

  it('fits 80 columns', () => {
    expect(widthOf(roundHeader('classification', PLAIN))).toBeLessThan(80);
    expect(widthOf(roundHeader('regression', PLAIN))).toBeLessThan(80);
  });

  it('leaves out the same columns as the header when the terminal is narrow', () => {
    for (const columns of [10, 20, 30, 45, 60, 120]) {
      const options = { ...PLAIN, columns };
      const header = roundHeader('classification', options);
      expect(widthOf(roundRow(round(), 'classification', options))).toBe(widthOf(header));
      expect(header).toContain('round');
    }
  });

  it('shows how many of the cohort trained, and nothing for round 0', () => {
    expect(roundRow(round(), 'classification', PLAIN)).toContain('9/10');
    expect(roundRow(round({ trainedCount: 0, failedCount: 0 }), 'classification', PLAIN)).not.toContain(
      '/10',
    );
  });

  it('says why a round failed, on one clean line', () => {
    const failed = round({ outcome: 'failed', reason: 'too few\nanswered \u001b[2J' });
    expect(roundRow(failed, 'classification', PLAIN).split('\n')[1]).toBe(
      '       round failed: too few answered ?[2J',
    );
  });

  it('shows the mean error of a regression', () => {
    const event = round({ metrics: { exampleCount: 1, loss: 4, meanAbsoluteError: 1.5 } });
    expect(roundHeader('regression', PLAIN)).toContain('MAE');
    expect(roundRow(event, 'regression', PLAIN)).toContain('1.500');
  });
});

describe('finalSummary', () => {
  it('names the result, the baselines and the cost of a run', () => {
    const names = finalSummary(fakeRun({ baselines: true }), { color: false, columns: 200 })
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual(['Result', 'Stopped', 'Best', 'Clients', 'Central', 'Alone', 'Moved', 'Time']);
  });

  it('leaves out what an interrupted run has not got', () => {
    const text = finalSummary(fakeRun({ rounds: 0, unfinished: true }), PLAIN);
    expect(text).toMatch(/^Result {3}Not finished/);
    expect(text).not.toMatch(/Stopped|Central|Alone|Clients|n\/a|NaN/);
  });

  it('breaks long lines between words, below their beginning', () => {
    const lines = finalSummary(fakeRun({ baselines: true }), { color: false, columns: 50 }).split('\n');
    for (const line of lines) expect(widthOf(line)).toBeLessThan(50);
    expect(lines[1]).toMatch(/^ {9}\S/);
  });

  it('gives a regression in its own metric', () => {
    const text = finalSummary(fakeRun({ task: 'regression', baselines: true }), PLAIN);
    expect(text).toContain('mean absolute error in round');
    expect(text).not.toContain('%');
  });
});
