import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerRequest } from './http.js';
import { readJson } from './read-body.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request whose body comes a byte at a time. */
function dripping(everyMs: number): ServerRequest {
  const body: ServerRequest['body'] = ({ chunk }) => {
    const timer = setInterval(() => chunk(Uint8Array.of(32)), everyMs);
    return () => clearInterval(timer);
  };
  return { headers: { 'content-type': 'application/json' }, body } as unknown as ServerRequest;
}

describe('a body in JSON', () => {
  it.each([
    ['that goes on and on is read for half a minute', 1000, 30_000, /within 30000 ms/],
    ['of which nothing comes is given up earlier', 60_000, 15_000, /no byte came for 15000 ms/],
  ])('%s', async (_, everyMs, afterMs, says) => {
    let refusal: unknown;
    const reading = readJson(dripping(everyMs), v.unknown(), false).catch((error: unknown) => {
      refusal = error;
    });
    await vi.advanceTimersByTimeAsync(afterMs - 1);
    expect(refusal).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(refusal).toMatchObject({ problem: 'timeout', message: expect.stringMatching(says) });
    await reading;
  });
});
