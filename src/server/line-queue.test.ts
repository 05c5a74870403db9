/** Lines that wait for each other on their way to the log. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../round/run-events.js';
import { createLineQueue } from './line-queue.js';

const line = (clientId: number) => ({ type: 'client-failed', round: 1, clientId, reason: '' }) as RunEvent;

function queue(fails = false) {
  const writes: [number[], boolean][] = [];
  const lines = createLineQueue(async (events, durable) => {
    if (fails) throw new Error('the disk is full');
    await new Promise((resolve) => setTimeout(resolve, 1));
    writes.push([events.map((event) => (event as { clientId: number }).clientId), durable]);
  });
  return { lines, writes };
}

describe('lines that can wait', () => {
  it('are written with the next that cannot, in their order', async () => {
    const { lines, writes } = queue();
    const first = lines.add(line(1), 'can-wait');
    lines.add(line(2), 'can-wait');
    await lines.add(line(3), 'durable');
    await first;
    expect(writes).toEqual([[[1, 2, 3], true]]);
  });

  it('are written after a while where none comes', async () => {
    const { lines, writes } = queue();
    await Promise.all([lines.add(line(1), 'can-wait'), lines.add(line(2), 'can-wait')]);
    expect(writes).toEqual([[[1, 2], false]]);
  });

  it('are written before the log is closed', async () => {
    const { lines, writes } = queue();
    void lines.add(line(1), 'can-wait');
    await lines.flush();
    expect(writes).toEqual([[[1], false]]);
  });
});

describe('lines', () => {
  it('that come during a write are written after it', async () => {
    const { lines, writes } = queue();
    const first = lines.add(line(1));
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, lines.add(line(2)), lines.add(line(3))]);
    expect(writes).toEqual([
      [[1], false],
      [[2, 3], false],
    ]);
  });

  it('are all lost from the first that is lost on', async () => {
    const { lines } = queue(true);
    const lost = [lines.add(line(1), 'can-wait'), lines.add(line(2)), lines.add(line(3), 'durable')];
    expect((await Promise.allSettled(lost)).map(({ status }) => status)).toEqual(lost.map(() => 'rejected'));
    await lines.flush();
    await expect(lines.add(line(4))).rejects.toThrow('the disk is full');
  });
});
