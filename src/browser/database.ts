/** The IndexedDB database of one participant on one server: all that it keeps, so that forgetting it is one deletion. */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { StoredKey } from '../client/web-crypto-signer.js';
import { StoreError } from '../errors.js';
import type { Contribution, RequestRecord } from './records.js';

interface Schema extends DBSchema {
  /** One entry: the key of the client. */
  identity: { key: 'key'; value: StoredKey };
  /** What a client keeps between rounds. */
  state: { key: string; value: Uint8Array<ArrayBuffer> };
  /** By number, in their order. */
  history: { key: number; value: Contribution };
  requests: { key: number; value: RequestRecord };
}

/** An open database. */
export type ParticipantDatabase = IDBPDatabase<Schema>;

/** What IndexedDB calls the database of `storage` on the server at `origin`: each server gets another client. */
export function databaseName(storage: string, origin: string): string {
  return `${storage} ${origin}`;
}

/** Opens it, and makes it where there is none. @throws {StoreError} when the browser does not let it. */
export async function openDatabase(name: string): Promise<ParticipantDatabase> {
  const database = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('identity');
      fresh.createObjectStore('state');
      fresh.createObjectStore('history', { autoIncrement: true });
      fresh.createObjectStore('requests', { autoIncrement: true });
    },
    // Whoever deletes it, in whichever tab, need not wait.
    blocking: (_, __, event) => (event.target as IDBDatabase | null)?.close(),
  }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(`the browser must let the page keep data (IndexedDB), got: ${reason}`, { cause });
  });
  return database;
}

/** Whether there is such a database; a browser that does not tell has none, as far as anybody who only looks knows. */
export async function databaseExists(name: string): Promise<boolean> {
  const all = await indexedDB.databases?.();
  return all?.some((each) => each.name === name) ?? false;
}

/** Deletes it, with all that is in it. */
export async function deleteDatabase(name: string): Promise<void> {
  await deleteDB(name);
}
