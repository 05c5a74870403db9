import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import { eventText } from './event-text.js';

it('has a line for every event of every run', () => {
  const events = [
    ...fakeRun({ baselines: true, failedRounds: [2] }),
    ...unevaluatedRun(),
    ...fakeRun({ task: 'regression' }),
  ];
  for (const event of events) expect(eventText(event)).toMatch(/^(?!.*(?:NaN|undefined|n\/a)).+$/);
});

it('says of a round what came of it', () => {
  const [failed] = fakeRun({ failedRounds: [1] }).filter(
    (event) => event.type === 'round-finished' && event.outcome === 'failed',
  );
  expect(failed && eventText(failed)).toBe('failed: 0 of 10 clients answered, at least 2 must');
});
