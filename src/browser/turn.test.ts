/** One at a time: who waits, who takes over, and what becomes of those who give up. */
import { describe, expect, it, vi } from 'vitest';
import { fakeLocks } from '../../test/helpers/fake-locks.js';
import { ConfigError } from '../errors.js';
import { takeTurn } from './turn.js';

const never = new AbortController().signal;

describe('a turn', () => {
  it('is had at once where nobody else has it', async () => {
    const onWait = vi.fn();
    const release = await takeTurn(fakeLocks(), 'a', onWait, never);
    expect(release).toBeTypeOf('function');
    expect(onWait).not.toHaveBeenCalled();
  });

  it('is waited for, and had as soon as it is given back', async () => {
    const locks = fakeLocks();
    const first = await takeTurn(locks, 'a', () => {}, never);
    const onWait = vi.fn();
    const second = takeTurn(locks, 'a', onWait, never);
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledOnce());
    let had = false;
    void second.then(() => {
      had = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(had).toBe(false);
    first?.();
    expect(await second).toBeTypeOf('function');
  });

  it('of another name is another', async () => {
    const locks = fakeLocks();
    await takeTurn(locks, 'a', () => {}, never);
    expect(await takeTurn(locks, 'b', () => {}, never)).toBeTypeOf('function');
  });

  it('is not had by who gave up, and goes to the next', async () => {
    const locks = fakeLocks();
    const first = await takeTurn(locks, 'a', () => {}, never);
    const giveUp = new AbortController();
    const second = takeTurn(locks, 'a', () => giveUp.abort(), giveUp.signal);
    expect(await second).toBeNull();
    const third = takeTurn(locks, 'a', () => {}, never);
    first?.();
    expect(await third).toBeTypeOf('function');
  });

  it('is not kept by who gave up before it was had', async () => {
    const locks = fakeLocks();
    expect(await takeTurn(locks, 'a', () => {}, AbortSignal.abort())).toBeNull();
    expect(await takeTurn(locks, 'a', () => {}, never)).toBeTypeOf('function');
  });

  it('needs Web Locks', async () => {
    await expect(takeTurn(undefined, 'a', () => {}, never)).rejects.toThrow(
      new ConfigError('the browser must have Web Locks and the page come over https or localhost'),
    );
  });
});
