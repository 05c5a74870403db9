/** Tasks that come with a call. */
import { describe, expect, it } from 'vitest';
import type { Task } from '../protocol/messages.js';
import { createTaskBox } from './task-box.js';

const task = (round: number, deadlineMs = 1000) => ({ type: 'train', runId: 'r', round, deadlineMs }) as Task;

function box() {
  let time = 0;
  const made = createTaskBox(() => time);
  made.noteTold('600 examples');
  return {
    ...made,
    wait(ms: number) {
      time += ms;
    },
  };
}

describe('a task that came with a call', () => {
  it('is taken once, with what is left of its time', () => {
    const { put, take, wait } = box();
    put(task(3));
    wait(400);
    expect(take('600 examples')).toEqual(task(3, 600));
    expect(take('600 examples')).toBeUndefined();
  });

  it('gives way to a later call, which may have none', () => {
    const { put, take } = box();
    put(task(3));
    put(task(4));
    expect(take('600 examples')).toMatchObject({ round: 4 });
    put(task(5));
    put(undefined);
    expect(take('600 examples')).toBeUndefined();
  });

  it('is left where its time is over, or the server does not know what the client would say', () => {
    const { put, take, wait } = box();
    put(task(3));
    wait(1000);
    expect(take('600 examples')).toBeUndefined();
    put(task(4));
    expect(take('601 examples')).toBeUndefined();
  });

  it('is not taken on twice, unless the channel was lost meanwhile', () => {
    const { put, take, noteTaken, noteTold, clear } = box();
    noteTaken(task(3));
    put(task(3));
    expect(take('600 examples')).toBeUndefined();
    clear();
    put(task(3));
    expect(take('600 examples')).toBeUndefined();
    noteTold('600 examples');
    put(task(3));
    expect(take('600 examples')).toMatchObject({ round: 3 });
  });
});
