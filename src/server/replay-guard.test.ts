import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../protocol/problem.js';
import { createReplayGuard } from './replay-guard.js';

const options = { windowMs: 61_000, floorMs: 0, maxNonces: 1000, maxNoncesPerKey: 100 };
const nonce = (number: number) => new Uint8Array(new BigUint64Array([BigInt(number), 7n]).buffer);

function refusalOf(run: () => void): Refusal | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

test('refuses what it has seen, by key and nonce', () => {
  const guard = createReplayGuard(options);
  guard.admit('a', nonce(1), 5000);
  expect(refusalOf(() => guard.admit('a', nonce(1), 5000))?.problem).toBe('replayed');
  // Also under another time, which a signature would have to say anew.
  expect(refusalOf(() => guard.admit('a', nonce(1), 70_000))?.problem).toBe('replayed');
  guard.admit('a', nonce(2), 5000);
  guard.admit('b', nonce(1), 5000);
  expect(guard.size).toBe(3);
});

test('forgets nothing that is accepted still, and refuses all that it has forgotten', () => {
  const skewMs = 60_000;
  const aheadMs = 1000;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ waitS: fc.integer({ min: -70, max: 130 }), ageS: fc.integer({ min: -1, max: 60 }) }),
        {
          minLength: 20,
          maxLength: 60,
        },
      ),
      (steps) => {
        const guard = createReplayGuard({ ...options, windowMs: skewMs + aheadMs });
        const accepted: number[] = [];
        let now = 1_000_000;
        let latest = now;
        for (const { waitS, ageS } of steps) {
          now += waitS * 1000;
          const createdMs = now - ageS * 1000;
          if (createdMs >= guard.floorMs) {
            guard.admit('a', nonce(accepted.length), createdMs);
            accepted.push(createdMs);
          }
          // A clock that goes on without going back never meets the floor.
          if (now >= latest) expect(guard.floorMs).toBeLessThanOrEqual(now - skewMs);
          latest = Math.max(latest, now);
          const open = accepted.filter(
            (time, index) =>
              time >= guard.floorMs &&
              refusalOf(() => guard.admit('a', nonce(index), time))?.problem !== 'replayed',
          );
          expect(open).toEqual([]);
        }
      },
    ),
  );
});

test('drops a generation when the second one after it begins', () => {
  const guard = createReplayGuard(options);
  for (let second = 0; second < 100; second++) guard.admit('a', nonce(second), second * 1000);
  expect([guard.size, guard.floorMs]).toEqual([100, 0]);
  guard.admit('b', nonce(0), 122_000);
  expect([guard.size, guard.floorMs]).toEqual([40, 61_000]);
  guard.admit('b', nonce(1), 1_000_000);
  expect([guard.size, guard.floorMs]).toEqual([1, 915_000]);
});

test('refuses one key its requests past its share, and lets others through', () => {
  const guard = createReplayGuard(options);
  for (let number = 0; number < 60; number++) guard.admit('a', nonce(number), 50_000);
  for (let number = 60; number < 100; number++) guard.admit('a', nonce(number), 70_000);
  const refusal = refusalOf(() => guard.admit('a', nonce(100), 80_000));
  expect(refusal).toMatchObject({
    problem: 'too-many-requests',
    message: 'a client may make 100 requests in 61 s',
    headers: { 'retry-after': '42' },
  });
  guard.admit('b', nonce(100), 80_000);
  // What was refused for being too much has not been seen.
  guard.admit('a', nonce(100), 122_000);
});

test('refuses everybody at the bound and still forgets nothing', () => {
  const guard = createReplayGuard({ ...options, maxNonces: 5 });
  for (let number = 0; number < 5; number++) guard.admit(`key ${number}`, nonce(0), 5000);
  expect(refusalOf(() => guard.admit('another', nonce(0), 6000))).toMatchObject({
    problem: 'unavailable',
    message: 'the server remembers 5 requests to refuse their replay and takes no more for now',
    headers: { 'retry-after': '55' },
  });
  for (let number = 0; number < 5; number++) {
    expect(refusalOf(() => guard.admit(`key ${number}`, nonce(0), 6000))?.problem).toBe('replayed');
  }
  expect(guard.size).toBe(5);
  // As late as `retry-after` of the generation after next, the oldest are dropped.
  guard.admit('another', nonce(0), 122_000);
});
