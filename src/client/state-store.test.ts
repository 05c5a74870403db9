/** The store that ends with the process; what every store does is tested with the one in files, too. */
import { describe } from 'vitest';
import { stateStoreTests } from '../../test/helpers/state-store-tests.js';
import { createMemoryStore } from './state-store.js';

describe('a store in memory', () => {
  stateStoreTests(async (options) => createMemoryStore(options));
});
