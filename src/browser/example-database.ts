/** The IndexedDB database of one collection of examples, and word of its changes to every tab and Worker. */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import { StoreError } from '../errors.js';

/** An example with a class. */
interface LabelledEntry {
  readonly features: Float32Array<ArrayBuffer>;
  readonly label: number;
}

/** What is said of a collection of labelled examples. */
export interface About {
  readonly featureShape: readonly number[];
  readonly classNames: readonly string[];
}

interface Schema extends DBSchema {
  about: { key: 'about'; value: About };
  labelled: { key: number; value: LabelledEntry; indexes: { label: number } };
  texts: { key: number; value: string };
}

/** An open collection. */
export interface ExampleDatabase {
  open(): Promise<IDBPDatabase<Schema>>;
  /** Something was added or removed here: says so everywhere. */
  changed(): void;
  /** Calls `listener` after each change, in whichever tab, until what it returns is called. */
  subscribe(listener: () => void): () => void;
  /** Another value whenever what is in `store` is another. */
  version(store: 'labelled' | 'texts'): Promise<string>;
  /** Closes it; it may be opened again. */
  close(): Promise<void>;
}

/** What IndexedDB calls the collection `name`. */
function examplesName(name: string): string {
  return `${name} examples`;
}

/** The collection `name`, opened when it is first used. */
export function exampleDatabase(name: string): ExampleDatabase {
  const full = examplesName(name);
  const listeners = new Set<() => void>();
  const hear = () => {
    for (const listener of listeners) listener();
  };
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  let channel: BroadcastChannel | undefined;

  const forget = () => {
    opening = undefined;
  };
  const open = () => {
    opening ??= openDB<Schema>(full, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('about');
        fresh.createObjectStore('labelled', { autoIncrement: true }).createIndex('label', 'label');
        fresh.createObjectStore('texts', { autoIncrement: true });
      },
      // Whoever deletes it, in whichever tab, need not wait.
      blocking(_, __, event) {
        (event.target as IDBDatabase | null)?.close();
        forget();
      },
      terminated: forget,
    }).catch((cause: unknown) => {
      forget();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StoreError(`the browser must let the page keep examples (IndexedDB), got: ${reason}`, {
        cause,
      });
    });
    return opening;
  };
  const announce = () => {
    channel ??= new BroadcastChannel(full);
    return channel;
  };
  return {
    open,
    changed() {
      announce().postMessage('changed');
      hear();
    },
    subscribe(listener) {
      announce().onmessage = hear;
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async version(store) {
      const { store: kept, done } = (await open()).transaction(store);
      const [count, last] = await Promise.all([kept.count(), kept.openKeyCursor(null, 'prev')]);
      await done;
      return `${count} ${last?.key ?? 0}`;
    },
    async close() {
      channel?.close();
      channel = undefined;
      const opened = await opening?.catch(() => undefined);
      opened?.close();
      forget();
    },
  };
}

/** Deletes the collection `name`, with all that is in it. */
export async function deleteExamples(name: string): Promise<void> {
  await deleteDB(examplesName(name));
  const channel = new BroadcastChannel(examplesName(name));
  channel.postMessage('changed');
  channel.close();
}
