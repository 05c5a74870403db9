/** Browsers of all kinds, from those that tell everything to those that tell nothing. */
import { describe, expect, it } from 'vitest';
import { type BrowserScope, createBrowserProbe } from './browser-probe.js';
import { checkEligibility } from './eligibility.js';

const all = async (scope: BrowserScope) => {
  const probe = createBrowserProbe(scope);
  return [await probe.charging(), await probe.idle(), await probe.unmetered(), await probe.memoryBytes()];
};

it('knows nothing where a browser tells nothing', async () => {
  expect(await all({})).toEqual([null, null, null, null]);
  expect(await all({ navigator: {}, document: {} })).toEqual([null, null, null, null]);
  expect(await all({ navigator: { connection: {} } })).toEqual([null, null, null, null]);
});

it('knows what a browser tells', async () => {
  const navigator = {
    getBattery: async () => ({ charging: true }),
    connection: { type: 'wifi' },
    deviceMemory: 4,
  };
  expect(await all({ navigator, document: { visibilityState: 'hidden' } })).toEqual([
    true,
    true,
    true,
    2 ** 32,
  ]);
});

it('calls what it uses on its own object', async () => {
  const navigator = {
    charging: false,
    async getBattery() {
      return { charging: this.charging };
    },
  };
  expect(await createBrowserProbe({ navigator }).charging()).toBe(false);
});

it('does not take part by a battery that a page may not read', async () => {
  const navigator = { getBattery: () => Promise.reject(new Error('NotAllowedError')) };
  const verdict = await checkEligibility({ charging: true }, createBrowserProbe({ navigator }), {
    exampleCount: 1,
    taskTimes: [],
    now: 0,
  });
  expect(verdict).toMatchObject({ eligible: false });
});

it.each([
  [{ type: 'ethernet' }, true],
  [{ type: 'wifi', saveData: true }, false],
  [{ type: 'cellular' }, false],
  [{ type: 'unknown' }, null],
  [{ saveData: false }, null],
])('takes a connection of %o for unmetered: %s', async (connection, unmetered) => {
  expect(await createBrowserProbe({ navigator: { connection } }).unmetered()).toBe(unmetered);
});

describe('idleness', () => {
  const document = { visibilityState: 'visible' };
  const scopeOf = (state: string, userState: string | null, screenState: string | null) => {
    const signals: AbortSignal[] = [];
    class IdleDetector {
      readonly userState = userState;
      readonly screenState = screenState;
      async start({ signal }: { signal: AbortSignal }) {
        signals.push(signal);
      }
    }
    const navigator = { permissions: { query: async () => ({ state }) } };
    return { signals, scope: { document, navigator, IdleDetector } };
  };

  it.each([
    ['idle', 'unlocked', true],
    ['active', 'unlocked', false],
    ['active', 'locked', true],
    [null, null, false],
  ])('of a person who is %s, before a screen that is %s, is %s', async (user, screen, idle) => {
    const { scope, signals } = scopeOf('granted', user, screen);
    expect(await createBrowserProbe(scope).idle()).toBe(idle);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('is not looked for without the permission: then it is what the page shows', async () => {
    const { scope, signals } = scopeOf('prompt', 'idle', 'locked');
    expect(await createBrowserProbe(scope).idle()).toBe(false);
    expect(await createBrowserProbe({ ...scope, document: { visibilityState: 'hidden' } }).idle()).toBe(true);
    expect(signals).toEqual([]);
  });

  it('is what the page shows where a browser knows no such permission', async () => {
    const { scope } = scopeOf('granted', 'idle', 'locked');
    const navigator = { permissions: { query: () => Promise.reject(new TypeError('idle-detection')) } };
    expect(await createBrowserProbe({ ...scope, navigator }).idle()).toBe(false);
  });
});
