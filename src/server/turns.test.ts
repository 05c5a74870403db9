/** Tests of requests that wait for their turn. */
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.js';

function waiters() {
  const ready = new Set<number>();
  const turns = createTurns((client) => ready.has(client));
  const outcomes: string[] = [];
  const wait = (client: number, name = String(client), gone = new AbortController()) => {
    const noted = turns.wait(client, 1, gone.signal).then(
      () => void outcomes.push(`${name} goes`),
      (error: Error) => void outcomes.push(`${name}: ${error.message}`),
    );
    return { noted, leave: () => gone.abort() };
  };
  return { ready, turns, outcomes, wait };
}

describe('requests that wait for their turn', () => {
  it('go when it has come', async () => {
    const { ready, turns, outcomes, wait } = waiters();
    const [two, one] = [wait(2), wait(1)];
    ready.add(1);
    turns.look();
    await one.noted;
    expect([outcomes, turns.waiting]).toEqual([['1 goes'], 1]);
    turns.end();
    await two.noted;
    expect([outcomes, turns.waiting]).toEqual([['1 goes', '2 goes'], 0]);
  });

  it('leave nothing behind where the client has gone', async () => {
    const { turns, outcomes, wait } = waiters();
    const { noted, leave } = wait(1);
    leave();
    await noted;
    await wait(1, 'late', abortedController()).noted;
    expect(turns.waiting).toBe(0);
    expect(outcomes).toEqual([
      '1: the client left while it waited to send',
      'late: the client left while it waited to send',
    ]);
  });

  it('are one a client: the newest', async () => {
    const { ready, turns, outcomes, wait } = waiters();
    const first = wait(1, 'first');
    const second = wait(1, 'second');
    expect(turns.waiting).toBe(1);
    // The end of the first must not take the second along.
    first.leave();
    ready.add(1);
    turns.look();
    await Promise.all([first.noted, second.noted]);
    expect(outcomes).toEqual(['first: this update is being sent again', 'second goes']);
  });
});

function abortedController(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}
