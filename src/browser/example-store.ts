/** Examples with a class that a page collects, in IndexedDB: a reload keeps them, and the Worker reads them by itself. */
import type { Dataset } from '../data/dataset.js';
import { featureLength } from '../data/dataset.js';
import { ConfigError, ShapeError } from '../errors.js';
import { type About, exampleDatabase } from './example-database.js';
import { checkStorage } from './settings-checks.js';

/** An example that a store keeps. */
export interface KeptExample {
  /** What `add` has returned. */
  readonly id: number;
  readonly features: Float32Array;
  readonly label: number;
}

/** A collection of examples of one shape. */
export interface ExampleStore {
  readonly kind: 'labelled';
  readonly name: string;
  readonly featureShape: readonly number[];
  readonly classNames: readonly string[];
  /**
   * Keeps a copy of an example. Returns its number.
   *
   * @param label the place of its class in `classNames`, from 0
   * @throws {ShapeError} for another number of features, {ConfigError} for another label.
   */
  add(features: ArrayLike<number>, label: number): Promise<number>;
  /** Takes one away; one that is not there is none. */
  remove(example: number): Promise<void>;
  count(): Promise<number>;
  /** How many there are of each class, in the order of `classNames`. */
  labels(): Promise<number[]>;
  clear(): Promise<void>;
  /** All of them, in the order in which they came: to look at, and to remove. */
  entries(): Promise<KeptExample[]>;
  /** The same as a data set. */
  dataset(): Promise<Dataset>;
  /** Calls `listener` after each change, in whichever tab, until what it returns is called. */
  subscribe(listener: () => void): () => void;
}

/**
 * The collection `name` of this origin, made when the first example comes.
 *
 * @param name letters, digits, `.`, `_`, `-`, at most 60
 * @throws {ConfigError} when the name or what the examples are to be is none.
 */
export function createExampleStore(name: string, { featureShape, classNames }: About): ExampleStore {
  checkStorage('name', name);
  if (!(featureShape.length > 0 && featureShape.every((size) => Number.isSafeInteger(size) && size > 0))) {
    throw new ConfigError(`featureShape must be positive integers, got ${JSON.stringify(featureShape)}`);
  }
  if (classNames.length < 2) {
    throw new ConfigError(`classNames must name at least 2 classes, got ${JSON.stringify(classNames)}`);
  }
  const about: About = { featureShape: [...featureShape], classNames: [...classNames] };
  const examples = exampleDatabase(name);
  const size = featureLength(about);

  const open = async () => {
    const database = await examples.open();
    const kept = await database.get('about', 'about');
    if (!kept) await database.put('about', about, 'about');
    else if (JSON.stringify(kept) !== JSON.stringify(about)) {
      throw new ConfigError(
        `the examples "${name}" must be of the shape and classes that are kept (${JSON.stringify(kept)}), got ${JSON.stringify(about)}`,
      );
    }
    return database;
  };
  return {
    ...{ kind: 'labelled', name, ...about },
    async add(features, label) {
      if (features.length !== size) {
        throw new ShapeError(`an example must have ${size} features, got ${features.length}`);
      }
      if (!(Number.isInteger(label) && label >= 0 && label < classNames.length)) {
        throw new ConfigError(`label must be an integer from 0 to ${classNames.length - 1}, got ${label}`);
      }
      const database = await open();
      const id = await database.add('labelled', { features: Float32Array.from(features), label });
      examples.changed();
      return id;
    },
    async remove(example) {
      await (await open()).delete('labelled', example);
      examples.changed();
    },
    count: async () => (await open()).count('labelled'),
    async labels() {
      const { store, done } = (await open()).transaction('labelled');
      const index = store.index('label');
      const counts = await Promise.all(classNames.map((_, label) => index.count(label)));
      await done;
      return counts;
    },
    async clear() {
      await (await open()).clear('labelled');
      examples.changed();
    },
    async entries() {
      const { store, done } = (await open()).transaction('labelled');
      const [ids, kept] = await Promise.all([store.getAllKeys(), store.getAll()]);
      await done;
      return kept.map((entry, index) => ({ id: ids[index] ?? 0, ...entry }));
    },
    dataset: async () => datasetOf(name, about, await (await open()).getAll('labelled')),
    subscribe: examples.subscribe,
  };
}

/** Examples as a data set. */
export function datasetOf(
  name: string,
  { featureShape, classNames }: About,
  entries: readonly { readonly features: Float32Array; readonly label: number }[],
): Dataset {
  const size = featureLength({ featureShape });
  const features = new Float32Array(entries.length * size);
  const labels = new Float32Array(entries.length);
  for (const [index, entry] of entries.entries()) {
    features.set(entry.features, index * size);
    labels[index] = entry.label;
  }
  return { name, task: 'classification', count: entries.length, featureShape, features, labels, classNames };
}
