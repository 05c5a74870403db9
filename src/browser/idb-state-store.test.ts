/** What a client keeps, in IndexedDB as fake-indexeddb has it; the browser's own is tested in Chromium. */
import 'fake-indexeddb/auto';
import { describe } from 'vitest';
import { stateStoreTests } from '../../test/helpers/state-store-tests.js';
import { openDatabase } from './database.js';
import { createIdbStateStore } from './idb-state-store.js';

let opened = 0;

describe('a store in IndexedDB', () => {
  stateStoreTests(async (options) => createIdbStateStore(await openDatabase(`test ${opened++}`), options));
});
