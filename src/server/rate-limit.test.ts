import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import { createRateLimit, networkOf, type RateLimit } from './rate-limit.js';

/** The refusal of one attempt; null where it was let through. */
function attempt(limit: RateLimit, key: string, nowMs: number, cost?: number): Refusal | null {
  try {
    limit.take(key, nowMs, cost);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** How many of so many attempts at one time are let through. */
const passed = (limit: RateLimit, key: string, nowMs: number, count: number) =>
  Array.from({ length: count }, () => attempt(limit, key, nowMs)).filter((refusal) => !refusal).length;

describe('a rate limit', () => {
  it('lets a burst through, then so many a second, for each key', () => {
    const limit = createRateLimit({ perSecond: 2, burst: 5 });
    expect(passed(limit, 'a', 1000, 10)).toBe(5);
    expect(passed(limit, 'b', 1000, 10)).toBe(5);
    expect(passed(limit, 'a', 1499, 10)).toBe(0);
    expect(passed(limit, 'a', 1500, 10)).toBe(1);
    expect(passed(limit, 'a', 2500, 10)).toBe(2);
    expect(passed(limit, 'a', 1e9, 10)).toBe(5);
  });

  it('says when to come back, and then lets through', () => {
    const limit = createRateLimit({ perSecond: 0.4, burst: 1 });
    limit.take('a', 0);
    const refusal = attempt(limit, 'a', 100);
    expect(refusal).toMatchObject({
      problem: 'too-many-requests',
      status: 429,
      headers: { 'retry-after': '3' },
      extensions: { retryAfterMs: 2400 },
      message: 'Too many requests: come back in 3 s',
    });
    expect(attempt(limit, 'a', 2499)).not.toBeNull();
    expect(attempt(limit, 'a', 2500)).toBeNull();
  });

  it('takes nothing for what it refuses', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 10 });
    limit.take('a', 0, 8);
    for (let count = 0; count < 5; count++) expect(attempt(limit, 'a', 0, 3)).not.toBeNull();
    expect(attempt(limit, 'a', 0, 2)).toBeNull();
  });

  it('gives nothing away when the clock runs backwards', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 2 });
    expect(passed(limit, 'a', 10_000, 5)).toBe(2);
    expect(passed(limit, 'a', 0, 5)).toBe(0);
    expect(passed(limit, 'a', 10_000, 5)).toBe(0);
  });

  it('remembers so many at most, whoever comes', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 2, maxKeys: 100 });
    for (let count = 0; count < 10_000; count++) limit.take(`address ${count}`, count);
    expect(limit.size).toBe(100);
  });

  it('does not forget who asked most when an attacker comes from many addresses', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 10, maxKeys: 100 });
    expect(passed(limit, 'attacker', 0, 20)).toBe(10);
    for (let count = 0; count < 10_000; count++) limit.take(`address ${count}`, 0);
    expect(passed(limit, 'attacker', 0, 20)).toBe(0);
    expect(limit.size).toBe(100);
  });

  it('drops the fullest bucket, whatever the order of requests', () => {
    const request = fc.record({
      key: fc.integer({ min: 0, max: 30 }).map(String),
      pauseMs: fc.double({ min: 0, max: 600, noNaN: true }),
      cost: fc.double({ min: 0.5, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(request, { minLength: 100, maxLength: 200 }), (requests) => {
        const limit = createRateLimit({ perSecond: 1, burst: 6, maxKeys: 8 });
        // The same by looking at all of them each time.
        const model = new Map<string, number>();
        let now = 0;
        for (const { key, pauseMs, cost } of requests) {
          now += pauseMs;
          const fullAt = Math.max(now, model.get(key) ?? now) + cost * 1000;
          const isPassed = fullAt - 6000 <= now;
          // Of two that are equally full either may go.
          const times = [...model.values()];
          if (isPassed && !model.has(key) && model.size === 8 && new Set(times).size < 8) return;
          expect(attempt(limit, key, now, cost) === null).toBe(isPassed);
          if (!isPassed) continue;
          if (!model.has(key) && model.size === 8) {
            const fullest = [...model].reduce((one, other) => (other[1] < one[1] ? other : one));
            model.delete(fullest[0]);
          }
          model.set(key, fullAt);
          expect(limit.size).toBe(model.size);
        }
      }),
    );
  });

  it.each([
    [{ perSecond: 0, burst: 1 }, 'perSecond'],
    [{ perSecond: Number.NaN, burst: 1 }, 'perSecond'],
    [{ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, 'perSecond'],
    [{ perSecond: 1, burst: 0.5 }, 'burst'],
    [{ perSecond: 1, burst: Number.POSITIVE_INFINITY }, 'burst'],
    [{ perSecond: 1, burst: 1, maxKeys: 0 }, 'maxKeys'],
    [{ perSecond: 1, burst: 1, maxKeys: 1.5 }, 'maxKeys'],
  ])('refuses %o', (settings, name) => {
    expect(() => createRateLimit(settings)).toThrow(ConfigError);
    expect(() => createRateLimit(settings)).toThrow(new RegExp(`^${name} must be `));
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:aaaa::1', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3::5:6:192.0.2.7', '1:2:3:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});
