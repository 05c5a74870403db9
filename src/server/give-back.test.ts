/** Memory that is free as soon as it has been read. */
import { expect, it } from 'vitest';
import { giveBack } from './give-back.js';

it('what was given back takes no memory any more, without a collection', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 1000; count++) {
    const chunk = new Uint8Array(1_000_000);
    giveBack(chunk);
    expect(chunk.byteLength).toBe(0);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
});

it('a part of a larger buffer stays, since others have the rest of it', () => {
  const pool = new Uint8Array(100).fill(7);
  giveBack(pool.subarray(10, 20));
  expect(pool.every((value) => value === 7)).toBe(true);
  expect(pool.length).toBe(100);
});
