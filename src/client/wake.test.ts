import { describe, expect, it } from 'vitest';
import { createAlarm } from './alarm.js';
import type { Api } from './api.js';
import { listenForWakes } from './wake.js';

/** A server whose streams never get through, and whose polls are all answered at once. */
function pollsOnly(answer: object) {
  const asked = { polls: 0 };
  const send: Api['send'] = async ({ target }) => {
    if (!target.includes('wait=')) throw new Error('streams do not get through');
    asked.polls++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    async function* body() {
      yield new TextEncoder().encode(JSON.stringify(answer));
    }
    return { status: 200, headers: {}, body: body() };
  };
  return { asked, api: { send } as unknown as Api };
}

describe('a client that polls', () => {
  it('asks once while it is busy, and again when it has nothing else to do', async () => {
    const stop = new AbortController();
    const { asked, api } = pollsOnly({ type: 'wake' });
    let idle = () => {};
    const busy = () =>
      new Promise<void>((resolve) => {
        idle = resolve;
        if (stop.signal.aborted) resolve();
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    let calls = 0;
    const context = { api, random: () => 0, onOpen: () => {}, untilIdle: busy, onWake: () => void calls++ };
    const listening = listenForWakes(context, stop.signal);
    await expect.poll(() => asked.polls, { timeout: 10_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked.polls).toBe(1);
    idle();
    await expect.poll(() => asked.polls).toBe(2);
    // One for each stream that broke off, too.
    expect(calls).toBeGreaterThanOrEqual(2);
    stop.abort();
    await listening;
  });
});

describe('an alarm', () => {
  it('tells when somebody waits, and not before', async () => {
    const stop = new AbortController();
    const alarm = createAlarm(stop.signal);
    let waiting = 0;
    void alarm.untilWaiting().then(() => waiting++);
    await Promise.resolve();
    expect(waiting).toBe(0);
    const wait = alarm.wait(10_000);
    await Promise.resolve();
    expect(waiting).toBe(1);
    alarm.ring();
    // The wait is over, whether or not whoever waited knows it by now.
    void alarm.untilWaiting().then(() => waiting++);
    await wait;
    expect(waiting).toBe(1);
    stop.abort();
    await Promise.resolve();
    expect(waiting).toBe(2);
  });
});
