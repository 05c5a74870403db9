import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import { ConfigError } from '../errors.js';
import type { RoundFinished, RunEvent } from '../round/run-events.js';
import { resultSentence } from './result-sentence.js';
import { finite, meanOf, summarizeRun } from './run-summary.js';

function roundsOf(events: readonly RunEvent[]): RoundFinished[] {
  return events.filter((event) => event.type === 'round-finished');
}

it('adds up bytes over all rounds and takes the run time from the end of the run', () => {
  const events = fakeRun({ rounds: 5 });
  const summary = summarizeRun(events);
  expect(summary.rounds).toHaveLength(6);
  expect(summary.downBytes).toBe(6 * 10 * 796_840);
  expect(summary.wallMs).toBe(5 * 840 + 900);
  expect(summary.last?.round).toBe(5);
});

it('adds up the rounds when the run has no end yet', () => {
  const events = fakeRun({ rounds: 3, unfinished: true });
  const wallMs = roundsOf(events).reduce((total, event) => total + event.wallMs, 0);
  const summary = summarizeRun(events);
  expect(summary.wallMs).toBeCloseTo(wallMs);
  expect(summary.finished).toBeUndefined();
  expect(summary.best?.metrics.accuracy).toBe(
    Math.max(...roundsOf(events).map((event) => event.metrics?.accuracy ?? 0)),
  );
});

it('takes a round that was logged twice as it was logged last', () => {
  const events = fakeRun({ rounds: 2, unfinished: true });
  const again: RoundFinished = { ...roundsOf(events)[1]!, wallMs: 12_345 };
  const { rounds } = summarizeRun([...events, { type: 'run-resumed', time: 0, round: 0 }, again]);
  expect(rounds.map((event) => event.round)).toEqual([0, 1, 2]);
  expect(rounds[1]?.wallMs).toBe(12_345);
});

it('forgets an end that a resume has undone', () => {
  const events = fakeRun({ rounds: 2, reason: 'interrupted' });
  expect(summarizeRun(events).finished?.reason).toBe('interrupted');
  const resumed = summarizeRun([...events, { type: 'run-resumed', time: 0, round: 2 }]);
  expect(resumed.finished).toBeUndefined();
  expect(resumed.clients).toBeUndefined();
});

it('judges a regression by its mean absolute error, lowest is best', () => {
  const summary = summarizeRun(fakeRun({ task: 'regression', rounds: 4, unfinished: true }));
  expect(summary.headline).toBe('meanAbsoluteError');
  expect(summary.best?.round).toBe(4);
});

it('refuses a log without a start', () => {
  expect(() => summarizeRun([])).toThrow(ConfigError);
});

it('leaves out what a diverged run could not count', () => {
  expect(finite(null)).toBeUndefined();
  expect(finite(Number.NaN)).toBeUndefined();
  expect(meanOf([1, null, 3, undefined, Number.POSITIVE_INFINITY])).toBe(2);
  expect(meanOf([null])).toBeUndefined();
});

it('says the result in a sentence, with the baselines that were run', () => {
  const sentence = (events: RunEvent[]) => resultSentence(summarizeRun(events));
  expect(sentence(fakeRun({ baselines: true }))).toMatch(
    /^Ended at \d\d\.\d% accuracy after 30 rounds: \d+\.\d points above the average client alone, \d+\.\d points below training on pooled data\.$/,
  );
  expect(sentence(fakeRun({ reason: 'target' }))).toMatch(/^Reached \d\d\.\d% accuracy after 30 rounds\.$/);
  expect(sentence(fakeRun({ task: 'regression', baselines: true }))).toMatch(
    /^Ended at a mean absolute error of [\d.]+ after 30 rounds: [\d.]+ below the average client alone, [\d.]+ above/,
  );
});

it('says of an unfinished run that it is not finished', () => {
  const sentence = (events: RunEvent[]) => resultSentence(summarizeRun(events));
  expect(sentence(fakeRun({ rounds: 0, unfinished: true }))).toMatch(/^Not finished: only the initial model/);
  const half = fakeRun({ rounds: 4, unfinished: true }).filter(
    (event) => event.type !== 'round-finished' || event.round < 3,
  );
  expect(sentence(half)).toMatch(/^Not finished: at .* after 2 of 4 rounds\.$/);
  expect(sentence(half.filter((event) => event.type === 'run-started'))).toBe('No round has finished.');
});

it('says of a run that nobody has evaluated that nobody has', () => {
  const sentence = (events: RunEvent[]) => resultSentence(summarizeRun(events));
  expect(sentence(unevaluatedRun({ rounds: 4 }))).toBe(
    'Ended after 4 rounds; nobody has evaluated the model.',
  );
  const half = unevaluatedRun({ rounds: 4, unfinished: true }).filter(
    (event) => event.type !== 'round-finished' || event.round < 3,
  );
  expect(sentence(half)).toBe('Not finished: after 2 of 4 rounds; nobody has evaluated the model.');
  expect(sentence(unevaluatedRun({ rounds: 0, reason: 'interrupted' }))).toBe(
    'Interrupted after 0 rounds; nobody has evaluated the model.',
  );
});

it('counts the clients that it has heard of where a run did not know them at its start', () => {
  expect(summarizeRun(unevaluatedRun({ clients: 7 })).clientCount).toBe(7);
  expect(summarizeRun(fakeRun({ clients: 40 })).clientCount).toBe(40);
});

it('says of a diverged run that it diverged', () => {
  const events = fakeRun({ rounds: 3, task: 'regression', unfinished: true }).map((event) =>
    event.type === 'round-finished' && event.metrics
      ? { ...event, metrics: { ...event.metrics, meanAbsoluteError: Number.NaN } }
      : event,
  );
  expect(resultSentence(summarizeRun(events))).toBe('The model diverged: no finite result after 3 rounds.');
});
