import { expect, it } from 'vitest';
import type { Activity, ActivityPhase } from '../../../../src/round/activity.js';
import { countPhases, createTimelineFold, timelineSentence } from './round-timeline.js';

const did = (clientId: number, phase: ActivityPhase, at: number, round = 1): Activity => ({
  ...{ clientId, phase, at, round },
});

function timelineOf(...activities: Activity[]) {
  const fold = createTimelineFold();
  for (const activity of activities) fold.add(activity);
  return fold.timeline();
}

it('has a lane for each client, from its first step to its end', () => {
  const timeline = timelineOf(
    ...[did(4, 'selected', 100), did(2, 'selected', 110), did(4, 'training', 120)],
    ...[did(4, 'done', 300), did(2, 'failed', 200)],
  );
  expect(timeline?.lanes.map(({ clientId, steps }) => [clientId, steps.length])).toEqual([
    [4, 3],
    [2, 2],
  ]);
  expect(timeline).toMatchObject({ round: 1, from: 100, until: 300 });
});

it('has no end while a client is on its way', () => {
  expect(timelineOf(did(1, 'selected', 1), did(2, 'done', 5))?.until).toBeUndefined();
});

it('takes a newer round in place of the one before, and nothing of an older one', () => {
  const timeline = timelineOf(did(1, 'done', 1), did(2, 'selected', 2, 2), did(3, 'late', 3, 1));
  expect(timeline?.lanes.map(({ clientId }) => clientId)).toEqual([2]);
});

it('is the same when the round so far is told again after a break', () => {
  const told = [did(1, 'selected', 1), did(1, 'training', 2), did(1, 'uploading', 3)];
  expect(timelineOf(...told, ...told)).toEqual(timelineOf(...told));
});

it('counts clients by what they do now, and says it in a sentence', () => {
  const timeline = timelineOf(
    did(1, 'selected', 1),
    did(1, 'done', 2),
    did(2, 'selected', 1),
    did(3, 'done', 4),
  );
  expect(timeline && countPhases(timeline)).toMatchObject({ selected: 1, training: 0, done: 2 });
  expect(timeline && timelineSentence(timeline)).toBe('Round 1, 3 clients: 1 selected, 2 done.');
});
