/** Tests of when a client tries again. */
import { describe, expect, it } from 'vitest';
import { backOffMs, retryAfterMs } from './back-off.js';

describe('backOffMs', () => {
  const rule = { initialMs: 100, maxMs: 1000, factor: 2 };

  it('grows with the failures up to its bound', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => backOffMs(rule, failures, 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
  });

  it('is spread over the upper half, so that clients do not come back at once', () => {
    expect(backOffMs(rule, 1, 0)).toBe(50);
    expect(backOffMs(rule, 1, 0.5)).toBe(75);
  });
});

describe('retryAfterMs', () => {
  it.each<[string, number | null]>([
    ['0', 0],
    ['2', 2000],
    ['86400', 3_600_000],
    ['-1', null],
    ['soon', null],
    ['Wed, 21 Oct 2026 07:28:00 GMT', null],
  ])('reads "%s" as %s', (field, expected) => {
    expect(retryAfterMs({ 'retry-after': field })).toBe(expected);
  });

  it('is nothing where the field is not there', () => {
    expect(retryAfterMs({})).toBeNull();
  });
});
