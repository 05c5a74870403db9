/** What a client keeps between rounds: personal layers, control variates, its last report. */
import { ConfigError, StoreError } from '../errors.js';
import { formatBytes } from '../format.js';

/** Bytes by key. Nothing in it leaves the device. */
export interface StateStore {
  /** A copy, or undefined where there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a copy in place of what was there: all of it or, should that fail, none. */
  set(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** Removes everything, as at an opt-out. */
  clear(): Promise<void>;
}

/** Options of every store. */
export interface StateStoreOptions {
  /** Of all values together; default 1 GB. */
  readonly maxBytes?: number;
}

export const DEFAULT_MAX_BYTES = 1_000_000_000;

const KEY = /^[a-z0-9][a-z0-9._-]{0,119}$/;

/** Whether a text may be a key. */
export function isKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * Keys are plain file names everywhere: lower-case letters, digits, ".", "_" and "-", at most 120, of which the first is
 * a letter or a digit.
 *
 * @throws {ConfigError} for another one.
 */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new ConfigError(
    `key must be 1 to 120 of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit, got ${JSON.stringify(key)}`,
  );
}

/** @throws {StoreError} when values of `total` bytes would be more than there is room for. */
export function checkRoom(total: number, maxBytes: number): void {
  if (total <= maxBytes) return;
  throw new StoreError(`state must stay within ${formatBytes(maxBytes)}, would be ${formatBytes(total)}`);
}

/** A store that ends with the process, or the page. */
export function createMemoryStore({ maxBytes = DEFAULT_MAX_BYTES }: StateStoreOptions = {}): StateStore {
  const values = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    async get(key) {
      checkKey(key);
      return values.get(key)?.slice();
    },
    async set(key, bytes) {
      checkKey(key);
      const others = [...values].reduce((sum, [other, { length }]) => sum + (other === key ? 0 : length), 0);
      checkRoom(others + bytes.length, maxBytes);
      values.set(key, Uint8Array.from(bytes));
    },
    async delete(key) {
      checkKey(key);
      values.delete(key);
    },
    async clear() {
      values.clear();
    },
  };
}
