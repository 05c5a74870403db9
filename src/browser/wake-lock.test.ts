/** The screen stays on while there is work that somebody looks at, and no longer. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { initialState, type ParticipantState, type ParticipantStatus } from './participant-state.js';
import { watchWakeLock } from './wake-lock.js';

afterEach(() => vi.unstubAllGlobals());

function watch(request?: () => Promise<unknown>) {
  const locks: { released: boolean; release(): Promise<void> }[] = [];
  const take = async () => {
    const lock = {
      released: false,
      async release() {
        lock.released = true;
      },
    };
    locks.push(lock);
    return lock;
  };
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('navigator', { wakeLock: { request: request ?? take } });
  vi.stubGlobal('document', page);
  let tell: (state: ParticipantState) => void = () => {};
  const end = new AbortController();
  watchWakeLock((listener) => {
    tell = listener;
  }, end.signal);
  return {
    locks,
    end,
    show: (status: ParticipantStatus) => tell({ ...initialState('https://fed.example.org'), status }),
    see(visibilityState: string) {
      page.visibilityState = visibilityState;
      page.dispatchEvent(new Event('visibilitychange'));
    },
  };
}
const held = (locks: readonly { readonly released: boolean }[]) => locks.map(({ released }) => !released);

describe('a page that keeps awake', () => {
  it('does while a task is under way, also where tasks follow one another quickly', async () => {
    const { locks, show } = watch();
    show('waiting');
    show('working');
    show('waiting');
    show('working');
    await vi.waitFor(() => expect(held(locks).filter(Boolean)).toHaveLength(1));
    show('paused');
    await vi.waitFor(() => expect(held(locks).filter(Boolean)).toHaveLength(0));
  });

  it('asks again when it is seen again', async () => {
    const { locks, show, see } = watch();
    show('working');
    await vi.waitFor(() => expect(held(locks)).toEqual([true]));
    see('hidden');
    await vi.waitFor(() => expect(held(locks)).toEqual([false]));
    see('visible');
    await vi.waitFor(() => expect(held(locks)).toEqual([false, true]));
  });

  it('lets go when the participant is closed, and works where the browser refuses', async () => {
    const { locks, show, end } = watch();
    show('working');
    await vi.waitFor(() => expect(held(locks)).toEqual([true]));
    end.abort();
    await vi.waitFor(() => expect(held(locks)).toEqual([false]));
    const refused = watch(() => Promise.reject(new Error('NotAllowedError')));
    refused.show('working');
    refused.show('waiting');
  });
});
