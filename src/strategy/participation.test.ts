/** Tests of how often a client may take part. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import {
  checkParticipationLimits,
  mayTakePart,
  noteParticipation,
  type ParticipationHistory,
  type ParticipationLimits,
  waitToTakePart,
} from './participation.js';

const twiceInAHundred: ParticipationLimits = { maxRounds: 2, windowMs: 100 };

/** The history of client 1 after it took part at these times. */
function tookPart(times: readonly number[], limits: ParticipationLimits): ParticipationHistory {
  return times.reduce<ParticipationHistory>(
    (history, time) => noteParticipation(history, [1], time, limits),
    {},
  );
}

describe('mayTakePart', () => {
  it('lets everyone take part who has not yet, and everyone where nothing is limited', () => {
    expect(mayTakePart({}, 1, 0, { maxRounds: 1, windowMs: 1, minIntervalMs: 1 })).toBe(true);
    expect(mayTakePart(tookPart([0], twiceInAHundred), 2, 0, { maxRounds: 1, windowMs: 100 })).toBe(true);
    expect(mayTakePart({ 1: [0, 0, 0] }, 1, 0, {})).toBe(true);
  });

  it('holds a client to its rounds until the oldest leaves the window', () => {
    const history = tookPart([0, 60], twiceInAHundred);
    expect(waitToTakePart(history, 1, 60, twiceInAHundred)).toBe(40);
    expect(mayTakePart(history, 1, 99, twiceInAHundred)).toBe(false);
    expect(mayTakePart(history, 1, 100, twiceInAHundred)).toBe(true);
    expect(waitToTakePart(tookPart([0, 60, 100], twiceInAHundred), 1, 100, twiceInAHundred)).toBe(60);
  });

  it('keeps an interval between two participations', () => {
    const limits = { minIntervalMs: 30 };
    expect(waitToTakePart(tookPart([10], limits), 1, 15, limits)).toBe(25);
    expect(mayTakePart(tookPart([10], limits), 1, 40, limits)).toBe(true);
  });

  it('takes the longer wait where both are limited', () => {
    const limits = { ...twiceInAHundred, minIntervalMs: 70 };
    expect(waitToTakePart(tookPart([0, 60], limits), 1, 60, limits)).toBe(70);
    expect(waitToTakePart(tookPart([0, 20], limits), 1, 20, limits)).toBe(80);
  });

  it('waits longer, not shorter, where the clock was set back', () => {
    const history = tookPart([1000, 500], twiceInAHundred);
    expect(history).toEqual({ 1: [500, 1000] });
    expect(mayTakePart(history, 1, 599, twiceInAHundred)).toBe(false);
  });

  it('is never fooled by a client whose id names something of every object', () => {
    expect(mayTakePart({}, 'constructor' as never, 0, twiceInAHundred)).toBe(true);
  });
});

describe('a history', () => {
  const limitsOf = fc.record(
    { rounds: fc.integer({ min: 1, max: 4 }), windowMs: fc.integer({ min: 1, max: 50 }) },
    { requiredKeys: [] },
  );
  const wishes = fc.array(
    fc.record({ afterMs: fc.nat(20), clients: fc.uniqueArray(fc.nat(3), { maxLength: 4 }) }),
    { maxLength: 60 },
  );

  it('forgets nothing that the limits need, and keeps no more than that', () => {
    fc.assert(
      fc.property(limitsOf, fc.nat(30), wishes, ({ rounds, windowMs }, minIntervalMs, steps) => {
        const limits: ParticipationLimits = {
          ...(rounds === undefined || windowMs === undefined ? {} : { maxRounds: rounds, windowMs }),
          ...(minIntervalMs === 0 ? {} : { minIntervalMs }),
        };
        const all: [time: number, clientId: number][] = [];
        let history: ParticipationHistory = {};
        let now = 0;
        for (const { afterMs, clients } of steps) {
          now += afterMs;
          const allowed = clients.filter((clientId) => mayTakePart(history, clientId, now, limits));
          for (const clientId of clients) {
            const times = all.flatMap(([time, id]) => (id === clientId ? [time] : []));
            const inWindow = times.filter((time) => time > now - (limits.windowMs ?? 0)).length;
            const tooSoon = times.some((time) => time > now - (limits.minIntervalMs ?? 0));
            const expected = inWindow < (limits.maxRounds ?? Number.POSITIVE_INFINITY) && !tooSoon;
            expect(allowed.includes(clientId)).toBe(expected);
            const wait = waitToTakePart(history, clientId, now, limits);
            expect(mayTakePart(history, clientId, now + wait, limits)).toBe(true);
          }
          history = noteParticipation(history, allowed, now, limits);
          all.push(...allowed.map((clientId): [number, number] => [now, clientId]));
        }
        const longest = Math.max(limits.windowMs ?? 0, limits.minIntervalMs ?? 0);
        for (const times of Object.values(history)) {
          expect(times.length).toBeLessThanOrEqual(limits.maxRounds ?? 1);
          expect(times.every((time) => time > now - longest)).toBe(true);
        }
        expect(JSON.parse(JSON.stringify(history))).toEqual(history);
      }),
    );
  });

  it('forgets clients that have not come for as long as the window', () => {
    const history = noteParticipation(tookPart([0], twiceInAHundred), [2], 100, twiceInAHundred);
    expect(history).toEqual({ 2: [100] });
  });

  it('keeps no more of a client that took part more often than it may', () => {
    const history = tookPart([0, 10, 20, 30], twiceInAHundred);
    expect(history).toEqual({ 1: [20, 30] });
    expect(waitToTakePart(history, 1, 30, twiceInAHundred)).toBe(90);
  });

  it('counts a client once a round', () => {
    expect(noteParticipation({}, [1, 1], 5, twiceInAHundred)).toEqual({ 1: [5] });
  });
});

describe('checkParticipationLimits', () => {
  it.each<[string, ParticipationLimits]>([
    ['maxRounds and windowMs must be given together, got one of them', { maxRounds: 1 }],
    ['maxRounds and windowMs must be given together, got one of them', { windowMs: 1 }],
    ['maxRounds must be a positive integer, got 0', { maxRounds: 0, windowMs: 1 }],
    ['windowMs must be a positive number of milliseconds, got 0', { maxRounds: 1, windowMs: 0 }],
    ['minIntervalMs must be a positive number of milliseconds, got NaN', { minIntervalMs: Number.NaN }],
  ])('says "%s"', (message, limits) => {
    expect(() => checkParticipationLimits(limits)).toThrow(new ConfigError(message));
  });

  it('lets sound limits pass', () => {
    expect(() => checkParticipationLimits({})).not.toThrow();
    expect(() => checkParticipationLimits({ ...twiceInAHundred, minIntervalMs: 1 })).not.toThrow();
  });
});
