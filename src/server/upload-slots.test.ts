import { describe, expect, it } from 'vitest';
import { createPlainSum } from '../aggregate/running-sum.js';
import { createLayout } from '../params/layout.js';
import { createUploadSlots } from './upload-slots.js';

const layout = createLayout([{ name: 'w', shape: [4] }]);
const signal = () => new AbortController().signal;
const patience = { graceMs: 100, minBytesPerSecond: 1000, checkMs: 1 };

describe('places for uploads', () => {
  it('are taken from whoever is too slow while others wait', async () => {
    let time = 0;
    const slots = createUploadSlots(layout, createPlainSum(4, 2), () => time, patience);
    const slow = await slots.acquire('1/0', 'slow', signal);
    const fast = await slots.acquire('1/1', 'fast', signal);
    time = 200;
    slow.received = 199;
    fast.received = 200;
    const waiting = slots.acquire('1/2', 'next', signal);
    await new Promise((resolve) => slow.writer.signal.addEventListener('abort', resolve));
    expect(slow.writer.signal.reason).toMatchObject({
      problem: 'unavailable',
      headers: { 'retry-after': '5' },
    });
    expect(fast.writer.signal.aborted).toBe(false);
    slots.interrupt(slow, slow.writer);
    expect((await waiting).key).toBe('1/2');
  });

  it('stay with the slow where nobody waits, and in the beginning', async () => {
    let time = 0;
    const slots = createUploadSlots(layout, createPlainSum(4, 1), () => time, patience);
    const slow = await slots.acquire('1/0', 'slow', signal);
    time = 1e6;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(slow.writer.signal.aborted).toBe(false);
    slots.release(slow);
    const young = await slots.acquire('1/1', 'young', signal);
    time += 99;
    const gone = new AbortController();
    const waiting = slots.acquire('1/2', 'next', () => gone.signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(young.writer.signal.aborted).toBe(false);
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ problem: 'timeout' });
    expect(slots.waiting).toBe(0);
  });
});
