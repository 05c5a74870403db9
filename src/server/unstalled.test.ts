/** Bodies that stall, that are taken from their request, and that break off. */
import { describe, expect, it } from 'vitest';
import type { BodyReader } from './http.js';
import { readUnstalled } from './unstalled.js';

const LONG_MS = 60_000;

/** A body that comes when the test says so. */
function createBody() {
  let reader: BodyReader | undefined;
  const begin = (given: BodyReader) => {
    reader = given;
    return () => {
      reader = undefined;
    };
  };
  return { begin, isRead: () => reader !== undefined, come: () => reader as BodyReader };
}

describe('reading a body', () => {
  it('hands over all chunks in their order, until the end', async () => {
    const { begin, come } = createBody();
    const sizes: number[] = [];
    const done = readUnstalled(begin, LONG_MS, ({ length }) => sizes.push(length));
    for (let size = 1; size <= 3; size++) come().chunk(new Uint8Array(size));
    come().end();
    await done;
    expect(sizes).toEqual([1, 2, 3]);
  });

  it('refuses a body that stalls', async () => {
    const { begin, come, isRead } = createBody();
    const done = readUnstalled(begin, 20, () => {});
    come().chunk(new Uint8Array(1));
    await expect(done).rejects.toMatchObject({ problem: 'timeout' });
    expect(isRead()).toBe(false);
  });

  it('waits for each chunk anew', async () => {
    const { begin, come } = createBody();
    const done = readUnstalled(begin, 60, () => {});
    for (let count = 0; count < 4; count++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      come().chunk(new Uint8Array(1));
    }
    come().end();
    await done;
  });

  it('ends while it waits, with the reason of its signal', async () => {
    const { begin, come, isRead } = createBody();
    const taken = new AbortController();
    const done = readUnstalled(begin, LONG_MS, () => {}, taken.signal);
    come().chunk(new Uint8Array(1));
    taken.abort(new Error('somebody else writes now'));
    expect(isRead()).toBe(false);
    await expect(done).rejects.toThrow('somebody else writes now');
  });

  it('does not begin where its signal has come before', async () => {
    const { begin, isRead } = createBody();
    const signal = AbortSignal.abort(new Error('somebody else writes now'));
    await expect(readUnstalled(begin, LONG_MS, () => {}, signal)).rejects.toThrow('somebody else');
    expect(isRead()).toBe(false);
  });

  it('ends with what the taker throws', async () => {
    const { begin, come, isRead } = createBody();
    const done = readUnstalled(begin, LONG_MS, () => {
      throw new Error('too large');
    });
    come().chunk(new Uint8Array(1));
    expect(isRead()).toBe(false);
    await expect(done).rejects.toThrow('too large');
  });

  it('takes a peer that goes away for late, which is no failure of the server', async () => {
    const { begin, come } = createBody();
    const done = readUnstalled(begin, LONG_MS, () => {});
    come().broken(new Error('aborted'));
    await expect(done).rejects.toMatchObject({ problem: 'timeout' });
  });
});
