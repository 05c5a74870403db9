/** Tests of what the server takes a client to be doing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActivityBoard } from '../round/activity-board.js';
import { type ClientActivity, createClientActivity } from './client-activity.js';

let activity: ClientActivity;
let changes: number;
beforeEach(() => {
  vi.useFakeTimers();
  changes = 0;
  activity = createClientActivity({
    board: createActivityBoard(),
    time: Date.now,
    onChange: () => changes++,
    isWatched: () => true,
  });
  vi.setSystemTime(1_000_000);
  activity.begin(1, [0, 1]);
});
afterEach(() => void vi.useRealTimers());

const told = (clientIndex: number) =>
  activity.board
    .since(0)
    .filter(({ clientId }) => clientId === clientIndex)
    .map(({ phase, at }) => [phase, at - 1_000_000]);

describe('a client that has its task', () => {
  it('is taken to train from then on, where nothing is heard of it for a while', () => {
    vi.advanceTimersByTime(100);
    activity.handedOut(0);
    vi.advanceTimersByTime(900);
    expect(told(0)).toEqual([['selected', 0]]);
    vi.advanceTimersByTime(2_000);
    expect(told(0)).toEqual([
      ['selected', 0],
      ['training', 100],
    ]);
    expect(told(1)).toEqual([['selected', 0]]);
    expect(changes).toBeGreaterThan(1);
  });

  it('is not where it is seen to fetch the model first', () => {
    activity.handedOut(0);
    vi.advanceTimersByTime(200);
    const fetched = activity.downloading(0);
    vi.advanceTimersByTime(5_000);
    fetched();
    vi.advanceTimersByTime(100);
    activity.uploading(0);
    // The answer to an earlier fetch, which ends late.
    fetched();
    activity.ended([0], 'done');
    expect(told(0)).toEqual([
      ['selected', 0],
      ['downloading', 200],
      ['training', 5_200],
      ['uploading', 5_300],
      ['done', 5_300],
    ]);
  });

  it('has trained where it reports, or ends, before that', () => {
    for (const client of [0, 1]) activity.handedOut(client);
    vi.advanceTimersByTime(50);
    activity.uploading(0);
    activity.ended([1], 'failed');
    expect(told(0).map(([phase]) => phase)).toEqual(['selected', 'training', 'uploading']);
    expect(told(1)).toEqual([
      ['selected', 0],
      ['training', 0],
      ['failed', 50],
    ]);
  });

  it('gets it once, however often it asks', () => {
    activity.handedOut(0);
    vi.advanceTimersByTime(500);
    activity.handedOut(0);
    vi.advanceTimersByTime(2_000);
    activity.handedOut(0);
    vi.advanceTimersByTime(2_000);
    expect(told(0)).toEqual([
      ['selected', 0],
      ['training', 0],
    ]);
  });

  it('may fetch the model until it reports', () => {
    activity.handedOut(0);
    expect(activity.mayDownload(0)).toBe(true);
    activity.uploading(0);
    expect(activity.mayDownload(0)).toBe(false);
    expect(activity.mayDownload(7)).toBe(false);
  });

  it('is forgotten when the next round begins', () => {
    activity.handedOut(0);
    activity.begin(2, [1]);
    vi.advanceTimersByTime(5_000);
    expect(told(0)).toEqual([['selected', 0]]);
    expect(told(1)).toHaveLength(2);
  });
});
