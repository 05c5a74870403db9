/** Texts that a page collects, in IndexedDB: a reload keeps them, and the Worker reads them by itself. */
import { ConfigError } from '../errors.js';
import { exampleDatabase } from './example-database.js';
import { checkStorage } from './settings-checks.js';

/** A text that a store keeps. */
export interface KeptText {
  /** What `add` has returned. */
  readonly id: number;
  readonly text: string;
}

/** A collection of texts. */
export interface TextStore {
  readonly kind: 'text';
  readonly name: string;
  /** Keeps a text. Returns its number. @throws {ConfigError} when it is blank. */
  add(text: string): Promise<number>;
  /** Takes one away; one that is not there is none. */
  remove(text: number): Promise<void>;
  count(): Promise<number>;
  clear(): Promise<void>;
  /** All of them, in the order in which they came: to look at, and to remove. */
  entries(): Promise<KeptText[]>;
  /** The same as texts alone. */
  texts(): Promise<string[]>;
  /** Calls `listener` after each change, in whichever tab, until what it returns is called. */
  subscribe(listener: () => void): () => void;
}

/**
 * The collection `name` of this origin, made when the first text comes.
 *
 * @param name letters, digits, `.`, `_`, `-`, at most 60
 * @throws {ConfigError} when the name is none.
 */
export function createTextStore(name: string): TextStore {
  checkStorage('name', name);
  const texts = exampleDatabase(name);
  return {
    ...{ kind: 'text', name },
    async add(text) {
      if (text.trim() === '')
        throw new ConfigError('text must hold something to learn from, got a blank one');
      const id = await (await texts.open()).add('texts', text);
      texts.changed();
      return id;
    },
    async remove(text) {
      await (await texts.open()).delete('texts', text);
      texts.changed();
    },
    count: async () => (await texts.open()).count('texts'),
    async clear() {
      await (await texts.open()).clear('texts');
      texts.changed();
    },
    async entries() {
      const { store, done } = (await texts.open()).transaction('texts');
      const [ids, kept] = await Promise.all([store.getAllKeys(), store.getAll()]);
      await done;
      return kept.map((text, index) => ({ id: ids[index] ?? 0, text }));
    },
    texts: async () => (await texts.open()).getAll('texts'),
    subscribe: texts.subscribe,
  };
}
