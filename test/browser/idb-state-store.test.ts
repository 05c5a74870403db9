/** What a client keeps, in the IndexedDB of a real browser. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll } from 'vitest';
import { fromWire, type WireError } from '../../src/browser/wire-error.js';
import type { StateStore, StateStoreOptions } from '../../src/client/state-store.js';
import { describeInChromium } from '../helpers/browser.js';
import { type Site, startSite } from '../helpers/participant-site.js';
import { stateStoreTests } from '../helpers/state-store-tests.js';

const built = (name: string) => fileURLToPath(new URL(`../../dist/browser/${name}`, import.meta.url));

/** A script that gives a page `calls`: the store's functions, with bytes as lists, and errors as data. */
async function script(): Promise<string> {
  const code = `
    import { openDatabase } from ${JSON.stringify(built('database.js'))};
    import { createIdbStateStore } from ${JSON.stringify(built('idb-state-store.js'))};
    import { toWire } from ${JSON.stringify(built('wire-error.js'))};
    const opening = new Map();
    export async function call(name, options, method, key, bytes) {
      if (!opening.has(name)) opening.set(name, openDatabase(name).then((opened) => createIdbStateStore(opened, options)));
      const store = await opening.get(name);
      try {
        const value = await store[method](key, bytes && Uint8Array.from(bytes));
        return { value: value && [...value] };
      } catch (error) {
        return { error: toWire(error) };
      }
    }`;
  const build = await rolldown({
    input: 'entry',
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? code : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'iife', name: 'store' });
  await build.close();
  return `${output[0].code}\nglobalThis.store = store;`;
}

interface Answer {
  readonly value?: number[];
  readonly error?: WireError;
}

describeInChromium('a store in the IndexedDB of Chromium', [], (openPage) => {
  let site: Site;
  let code: string;
  let opened = 0;
  beforeAll(async () => {
    [site, code] = await Promise.all([startSite(), script()]);
  });
  afterAll(() => site.close());

  async function open(options: StateStoreOptions = {}): Promise<StateStore> {
    const page: Page = await openPage(site.page);
    await page.evaluate(code);
    const name = `store ${opened++}`;
    const call = async (method: keyof StateStore, key?: string, bytes?: Uint8Array) => {
      const args = [name, options, method, key ?? null, bytes ? [...bytes] : null];
      const { value, error } = await page.evaluate<Answer>(`store.call(...${JSON.stringify(args)})`);
      if (error) throw fromWire(error);
      return value && Uint8Array.from(value);
    };
    return {
      get: (key) => call('get', key),
      async set(key, bytes) {
        await call('set', key, bytes);
      },
      async delete(key) {
        await call('delete', key);
      },
      async clear() {
        await call('clear');
      },
    };
  }

  stateStoreTests(open);
});
