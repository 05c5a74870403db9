/** Tests of the wake-up channel. */
import { describe, expect, it } from 'vitest';
import type { Task } from '../protocol/messages.js';
import type { ServerRequest, ServerResponse } from './http.js';
import { createWakeChannels } from './wake-channels.js';

/** A peer that keeps what it is sent, and can go away. */
function peer(open: (request: ServerRequest) => ServerResponse) {
  let leave = () => {};
  const request = {
    onClose: (listener: () => void) => {
      leave = listener;
    },
  } as unknown as ServerRequest;
  const written: string[] = [];
  const state = { ended: false };
  const { body } = open(request);
  if (typeof body !== 'function') throw new Error('a channel must stream');
  const end = () => {
    state.ended = true;
  };
  body({ write: (text) => void written.push(text), end });
  return { written, state, leave: () => leave() };
}

function channels(tasks: readonly number[] = []) {
  const presence: [number, boolean][] = [];
  const wakes = createWakeChannels({
    onPresence: (...heard) => void presence.push(heard),
    taskFor: (client) => (tasks.includes(client) ? ({ round: client } as Task) : undefined),
  });
  return { wakes, presence };
}

describe('a stream', () => {
  it('says each time that there is something to do', () => {
    const { wakes } = channels();
    const client = peer((request) => wakes.stream(7, request));
    wakes.wake(7);
    wakes.wake(8);
    wakes.wake(7);
    const wake = 'event: wake\ndata: {"type":"wake"}\n\n';
    expect(client.written).toEqual(['retry: 1000\n\n', wake, wake]);
    wakes.close();
    expect(client.state.ended).toBe(true);
  });

  it('begins with a wake for who has something to do already: it may have missed the call', () => {
    const { wakes } = channels([7]);
    const [asked, other] = [7, 8].map((client) => peer((request) => wakes.stream(client, request)));
    const wake = '{"type":"wake","task":{"round":7}}';
    expect(asked!.written).toEqual(['retry: 1000\n\n', `event: wake\ndata: ${wake}\n\n`]);
    expect(other!.written).toEqual(['retry: 1000\n\n']);
    const poll = peer((request) => wakes.poll(7, 60_000, request));
    expect(poll.written).toEqual([`${wake}\n`]);
    wakes.close();
  });

  it('says with the call what there is to do', () => {
    const tasks: number[] = [];
    const { wakes } = channels(tasks);
    const client = peer((request) => wakes.stream(7, request));
    tasks.push(7);
    wakes.wake(7);
    expect(client.written.at(-1)).toBe('event: wake\ndata: {"type":"wake","task":{"round":7}}\n\n');
    wakes.close();
  });

  it('makes its client present until its last channel is gone', () => {
    const { wakes, presence } = channels();
    const first = peer((request) => wakes.stream(7, request));
    const second = peer((request) => wakes.stream(7, request));
    expect(wakes.open).toBe(2);
    first.leave();
    first.leave();
    expect(wakes.isPresent(7)).toBe(true);
    second.leave();
    expect(presence).toEqual([
      [7, true],
      [7, false],
    ]);
    expect(wakes.open).toBe(0);
    wakes.close();
  });
});

describe('a poll', () => {
  it('is answered at the next wake', () => {
    const { wakes } = channels();
    const client = peer((request) => wakes.poll(7, 60_000, request));
    expect(client.state.ended).toBe(false);
    wakes.wake(7);
    expect(client.written).toEqual(['{"type":"wake"}\n']);
    expect(client.state.ended).toBe(true);
    wakes.close();
  });

  it('is answered with nothing when its time is up', async () => {
    const { wakes } = channels();
    const answered = new Promise<string>((resolve) => {
      const request = { onClose: () => {} } as unknown as ServerRequest;
      const { body } = wakes.poll(7, 1, request);
      if (typeof body === 'function') body({ write: resolve, end: () => {} });
    });
    expect(await answered).toBe('{"type":"nothing"}\n');
    wakes.close();
  });
});
