/** Tests of when clients are told to come back. */
import { describe, expect, it } from 'vitest';
import { retryAfterFor } from './pace.js';

describe('retryAfterFor', () => {
  it('lets a small population come often, a large one rarely, so that check-ins stay below a rate', () => {
    expect(retryAfterFor(10, false, 0.5)).toBe(1000);
    expect(retryAfterFor(20_000, false, 0.5)).toBe(100_000);
    expect(retryAfterFor(10_000_000, false, 0.5)).toBe(300_000);
  });

  it('asks clients with a wake-up channel for a sign of life only', () => {
    expect(retryAfterFor(10, true, 0.5)).toBe(120_000);
  });

  it('spreads clients by a quarter to either side', () => {
    expect(retryAfterFor(10, false, 0)).toBe(750);
    expect(retryAfterFor(10, false, 1)).toBe(1250);
  });
});
