import { expect, test } from 'vitest';
import { Refusal } from '../protocol/problem.js';
import { checkTime } from './check-time.js';

const now = Date.UTC(2026, 10, 23, 12, 0, 0, 400);
const limits = { now, startedAt: 0, floorMs: 0, maxSkewMs: 60_000, maxAheadMs: 1000 };
const at = (seconds: number) => Date.UTC(2026, 10, 23, 12, 0, seconds);

function refusalOf(createdMs: number, more: Partial<typeof limits> = {}): Refusal | undefined {
  try {
    checkTime(createdMs, { ...limits, ...more });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

test('accepts what is within the limits on both sides, and no second more', () => {
  expect([at(-59), at(0), at(1)].map((time) => refusalOf(time))).toEqual([undefined, undefined, undefined]);
  expect([at(-60), at(2)].map((time) => refusalOf(time)?.problem)).toEqual(['clock-skew', 'clock-skew']);
});

test('accepts a client that is less than a second ahead, wherever in a second it counts', () => {
  for (let ms = 0; ms < 2000; ms += 10) {
    const created = Math.floor((now + ms + 999) / 1000) * 1000;
    expect(refusalOf(created, { now: now + ms })).toBeUndefined();
  }
});

test('names both times, the difference and what is allowed, and tells the time to programs', () => {
  expect(refusalOf(at(90))).toMatchObject({
    message:
      "the request was made at 2026-11-23T12:01:30.000Z by the client's clock, at the server it is " +
      '2026-11-23T12:00:00.400Z: 89.6 s ahead, at most 1 s are allowed',
    extensions: { serverTime: now },
  });
  expect(refusalOf(at(-90))?.message).toContain('90.4 s behind, at most 60 s are allowed');
  expect(refusalOf(999_999_999_999_000)?.message).toContain('made at +033658-09-27T01:46:39.000Z by');
});

test('refuses what an earlier process may have seen, and says when it will do', () => {
  const startedAt = at(0) - 250;
  const restarted = { startedAt, floorMs: startedAt + 1001 };
  expect(refusalOf(at(0), restarted)).toMatchObject({
    problem: 'clock-skew',
    message:
      'the request was made at 2026-11-23T12:00:00.000Z, but the server started at ' +
      '2026-11-23T11:59:59.750Z and cannot tell requests made before 2026-11-23T12:00:01.000Z from replays: ' +
      'send it again with a new time',
    extensions: { serverTime: now },
    headers: { 'retry-after': '1' },
  });
  expect(refusalOf(at(1), restarted)).toBeUndefined();
});

test('says that the clock was set back when that is why nothing is remembered', () => {
  expect(refusalOf(at(0), { floorMs: at(30) })?.message).toContain(
    "but the server's clock has been set back and",
  );
  expect(refusalOf(at(0), { floorMs: at(30) })?.headers).toEqual({ 'retry-after': '30' });
});
