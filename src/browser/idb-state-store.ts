/** What a client keeps between rounds, in IndexedDB. */
import {
  checkKey,
  checkRoom,
  DEFAULT_MAX_BYTES,
  type StateStore,
  type StateStoreOptions,
} from '../client/state-store.js';
import { StoreError } from '../errors.js';
import type { ParticipantDatabase } from './database.js';

/** The store in an open database; who may write to it has the turn of the storage. */
export function createIdbStateStore(
  database: ParticipantDatabase,
  { maxBytes = DEFAULT_MAX_BYTES }: StateStoreOptions = {},
): StateStore {
  return {
    async get(key) {
      checkKey(key);
      return database.get('state', key);
    },
    async set(key, bytes) {
      checkKey(key);
      const own = Uint8Array.from(bytes);
      const transaction = database.transaction('state', 'readwrite');
      let others = 0;
      for await (const cursor of transaction.store) if (cursor.key !== key) others += cursor.value.length;
      try {
        checkRoom(others + own.length, maxBytes);
        await transaction.store.put(own, key);
        await transaction.done;
      } catch (cause) {
        if (cause instanceof StoreError) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new StoreError(`the browser could not keep ${key}: ${reason}`, { cause });
      }
    },
    async delete(key) {
      checkKey(key);
      await database.delete('state', key);
    },
    async clear() {
      await database.clear('state');
    },
  };
}
