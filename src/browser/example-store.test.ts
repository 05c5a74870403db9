/** Examples and texts that a page collects, in IndexedDB as fake-indexeddb has it. */
import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { createExampleReader } from './example-source.js';
import { createExampleStore } from './example-store.js';
import { createTextStore } from './text-store.js';

const about = { featureShape: [1, 2], classNames: ['no', 'yes', 'perhaps'] };
let made = 0;
const newName = () => `store-${made++}`;

describe('a store of examples', () => {
  it('keeps them, counts them by class, and gives them back in their order', async () => {
    const name = newName();
    const store = createExampleStore(name, about);
    await store.add([0.5, 1], 1);
    const second = await store.add(Float32Array.of(2, 3), 0);
    await store.add([4, 5], 1);
    expect(await store.count()).toBe(3);
    expect(await store.labels()).toEqual([1, 2, 0]);
    await store.remove(second);
    // As after a reload.
    expect(await createExampleStore(name, about).dataset()).toEqual({
      ...{ name, task: 'classification', count: 2, ...about },
      ...{ features: Float32Array.of(0.5, 1, 4, 5), labels: Float32Array.of(1, 1) },
    });
    await store.clear();
    expect([await store.count(), await store.labels()]).toEqual([0, [0, 0, 0]]);
  });

  it('refuses what is no such example', async () => {
    const store = createExampleStore(newName(), about);
    await expect(store.add([1], 0)).rejects.toThrow(new ShapeError('an example must have 2 features, got 1'));
    await expect(store.add([1, 2], 3)).rejects.toThrow(
      new ConfigError('label must be an integer from 0 to 2, got 3'),
    );
    await expect(store.add([1, 2], 0.5)).rejects.toThrow(ConfigError);
  });

  it('refuses to be another than it was', async () => {
    const name = newName();
    await createExampleStore(name, about).add([1, 2], 0);
    await expect(createExampleStore(name, { ...about, featureShape: [2] }).count()).rejects.toThrow(
      `the examples "${name}" must be of the shape and classes that are kept`,
    );
  });

  it.each(['', 'a b', '../x', '-a', 'x'.repeat(61)])('refuses %j as its name', (name) => {
    expect(() => createExampleStore(name, about)).toThrow(
      `name must be 1 to 60 letters, digits, ".", "_" and "-", beginning with a letter or digit, got ${JSON.stringify(name)}`,
    );
    expect(() => createTextStore(name)).toThrow(ConfigError);
  });

  it('refuses a shape and classes that are none', () => {
    expect(() => createExampleStore('a', { ...about, featureShape: [0] })).toThrow(
      'featureShape must be positive integers, got [0]',
    );
    expect(() => createExampleStore('a', { ...about, classNames: ['one'] })).toThrow(
      'classNames must name at least 2 classes, got ["one"]',
    );
  });

  it('tells others of its changes', async () => {
    const name = newName();
    const listener = vi.fn();
    const unsubscribe = createExampleStore(name, about).subscribe(listener);
    await createExampleStore(name, about).add([1, 2], 0);
    await vi.waitFor(() => expect(listener).toHaveBeenCalled());
    unsubscribe();
  });
});

describe('a store of texts', () => {
  it('keeps them in their order, and no blank ones', async () => {
    const name = newName();
    const store = createTextStore(name);
    const first = await store.add('to be');
    await store.add('or not');
    await expect(store.add(' \n')).rejects.toThrow('text must hold something to learn from');
    await store.remove(first);
    expect([await store.count(), await createTextStore(name).texts()]).toEqual([1, ['or not']]);
    await store.clear();
    expect(await store.count()).toBe(0);
  });
});

describe('the Worker', () => {
  const noPage = () => Promise.reject(new Error('the page is not asked'));

  it('reads a store by its name, again where it has changed, and nothing where there is none yet', async () => {
    const name = newName();
    const reader = createExampleReader({ type: 'store', name, kind: 'labelled' }, noPage, 0.5);
    expect((await reader.read()).train.indices).toHaveLength(0);
    const store = createExampleStore(name, about);
    for (let count = 0; count < 4; count++) await store.add([count, count], 2);
    const { train, heldOut } = await reader.read();
    expect([train.indices.length, heldOut?.indices.length]).toEqual([2, 2]);
    expect(await reader.read()).toBe(await reader.read());
    await store.add([9, 9], 1);
    expect((await reader.read()).train.dataset.count).toBe(5);
    await reader.forget();
    expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(`${name} examples`);
    expect((await reader.read()).train.indices).toHaveLength(0);
  });

  it('has what was typed, for the words that a model of hashed words may mean', async () => {
    const name = newName();
    const store = createTextStore(name);
    await store.add('to be');
    await store.add('or not');
    const reader = createExampleReader({ type: 'store', name, kind: 'text' }, noPage, 0);
    expect(await reader.typed()).toBe('to be\nor not');
    expect((await reader.read()).train.indices).toHaveLength(2);
  });

  it('asks the page once for what does not change, and each time for what may', async () => {
    const ask = vi.fn(async () => ({ texts: ['one', new Blob(['two'])] }));
    const fixed = createExampleReader({ type: 'page', changes: false }, ask, 0);
    await fixed.read();
    await fixed.read();
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await fixed.typed()).toBe('one\ntwo');
    const fresh = createExampleReader({ type: 'page', changes: true }, ask, 0);
    await fresh.read();
    await fresh.read();
    expect(ask).toHaveBeenCalledTimes(4);
  });
});
