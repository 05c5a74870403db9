/** Bodies that stall, that are taken from their request, and whose chunks nobody keeps. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { unstalled } from './unstalled.js';

const LONG_MS = 60_000;

async function* never(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  await new Promise(() => {});
}

describe('unstalled', () => {
  it('passes on all chunks in their order', async () => {
    async function* body() {
      for (let size = 1; size <= 3; size++) yield new Uint8Array(size);
    }
    const sizes: number[] = [];
    for await (const { length } of unstalled(body(), LONG_MS)) sizes.push(length);
    expect(sizes).toEqual([1, 2, 3]);
  });

  it('refuses a body that stalls', async () => {
    const chunks = unstalled(never(), 20);
    await chunks.next();
    await expect(chunks.next()).rejects.toMatchObject({ problem: 'timeout' });
  });

  it('ends while it waits, with the reason of its signal', async () => {
    const taken = new AbortController();
    const chunks = unstalled(never(), LONG_MS, taken.signal);
    await chunks.next();
    const next = chunks.next();
    taken.abort(new Error('somebody else writes now'));
    await expect(next).rejects.toThrow('somebody else writes now');
  });

  it('passes on nothing that comes after its signal', async () => {
    const taken = new AbortController();
    async function* body() {
      yield new Uint8Array(1);
      taken.abort(new Error('somebody else writes now'));
      yield new Uint8Array(2);
    }
    const chunks = unstalled(body(), LONG_MS, taken.signal);
    await chunks.next();
    await expect(chunks.next()).rejects.toThrow('somebody else writes now');
  });

  it('takes a peer that goes away for late, which is no failure of the server', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1);
      throw new Error('aborted');
    }
    const chunks = unstalled(body(), LONG_MS);
    await chunks.next();
    await expect(chunks.next()).rejects.toMatchObject({ problem: 'timeout' });
  });

  it('keeps no chunk that was passed on, however long the body', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const seen: WeakRef<Uint8Array>[] = [];
    async function* body() {
      for (let count = 0; count < 20; count++) yield new Uint8Array(1000);
    }
    const chunks = unstalled(body(), LONG_MS);
    const take = async () => {
      const { value } = await chunks.next();
      seen.push(new WeakRef(value as Uint8Array));
    };
    for (let count = 0; count < 20; count++) await take();
    // A WeakRef holds on until the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    const kept = seen.filter((chunk) => chunk.deref() !== undefined).length;
    expect(kept).toBeLessThanOrEqual(2);
    await chunks.return(undefined);
  });
});
