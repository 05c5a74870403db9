/** Tests of places for uploads that several requests are after: of one client, or of many. */
import { describe, expect, it } from 'vitest';
import { createPlainSum } from '../aggregate/running-sum.js';
import { createLayout } from '../params/layout.js';
import { createUploadSlots } from './upload-slots.js';

const layout = createLayout([{ name: 'weight', shape: [4] }]);
const here = () => new AbortController().signal;
const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no refusal',
    (error: Error) => error.message,
  );

describe('a client that sends again', () => {
  it('takes the place from its request before, which writes no more', async () => {
    const slots = createUploadSlots(layout, createPlainSum(4, 1), Date.now);
    const first = await slots.acquire('1/7', 'digest', here);
    const { writer } = first;
    const second = await slots.acquire('1/7', 'digest', here);
    expect(writer.signal.aborted).toBe(true);
    expect(second).not.toBe(first);
    // What the first does when it finds out changes nothing for the second.
    slots.interrupt(first, writer);
    slots.release(first);
    expect([slots.inProgress, second.busy, slots.isSending(7, 0)]).toEqual([1, true, true]);
  });

  it('goes on where its request before stands, though that has not noticed that it is lost', async () => {
    const slots = createUploadSlots(layout, createPlainSum(4, 1), Date.now);
    const slot = await slots.acquire('1/7', 'digest', here);
    const { writer } = slot;
    slot.received = 5;
    expect(slots.takeOver('1/7', 'another')).toBeUndefined();
    expect(slots.takeOver('1/7', 'digest')?.received).toBe(5);
    slots.resume(slot);
    slots.interrupt(slot, writer);
    expect([writer.signal.aborted, slot.writer.signal.aborted, slot.busy]).toEqual([true, false, true]);
  });

  it('waits for a place once', async () => {
    const slots = createUploadSlots(layout, createPlainSum(4, 1), Date.now);
    const other = await slots.acquire('1/1', 'digest', here);
    const first = refused(slots.acquire('1/7', 'digest', here));
    const second = slots.acquire('1/7', 'digest', here);
    expect(slots.waiting).toBe(1);
    expect(await first).toBe('this update is being sent again');
    slots.release(other);
    expect((await second).key).toBe('1/7');
  });
});

describe('a client that leaves', () => {
  it('while it waits for a place is not waited for', async () => {
    const slots = createUploadSlots(layout, createPlainSum(4, 1), Date.now);
    const other = await slots.acquire('1/1', 'digest', here);
    const gone = new AbortController();
    const waiting = refused(slots.acquire('1/7', 'digest', () => gone.signal));
    gone.abort();
    expect(await waiting).toBe('the client left while it waited to send');
    expect(slots.waiting).toBe(0);
    // Its bytes stay, since nobody needs the place.
    slots.interrupt(other, other.writer);
    expect(slots.inProgress).toBe(1);
  });
});
