/** Examples and texts with the numbers by which a person removes them. */
import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { createExampleStore } from './example-store.js';
import { createTextStore } from './text-store.js';

it('a store tells its examples with the numbers by which they are removed', async () => {
  const store = createExampleStore('kept-entries', { featureShape: [2], classNames: ['no', 'yes'] });
  const [first, second] = [await store.add([1, 2], 1), await store.add([3, 4], 0)];
  expect(await store.entries()).toEqual([
    { id: first, features: Float32Array.of(1, 2), label: 1 },
    { id: second, features: Float32Array.of(3, 4), label: 0 },
  ]);
  await store.remove(first);
  expect((await store.entries()).map(({ id }) => id)).toEqual([second]);
});

it('a store of texts does so, too', async () => {
  const store = createTextStore('kept-texts');
  const [first, second] = [await store.add('one'), await store.add('two')];
  await store.remove(first);
  expect(await store.entries()).toEqual([{ id: second, text: 'two' }]);
});
