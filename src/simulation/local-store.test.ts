/** Tests of what stays with clients: one place each, and all of them as they are saved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLayout } from '../params/layout.js';
import { createLocalStore } from './local-store.js';

const layout = createLayout([
  { name: 'weight', shape: [2] },
  { name: 'scale', shape: [2] },
  { name: 'bias', shape: [1] },
  { name: 'mean', shape: [1], statistic: true },
]);
const entries = layout.entries.filter(({ name }) => name === 'scale' || name === 'mean');
const initial = Float32Array.of(1, 2, 3, 4, 5, 6);

describe('a store of what stays with clients', () => {
  it('starts with the values of the global model, one place a client', () => {
    const store = createLocalStore(entries, 3, initial);
    store.of(1).values.set([30, 40, 60]);
    expect([0, 1, 2].map((client) => [...store.of(client).values])).toEqual([
      [3, 4, 6],
      [30, 40, 60],
      [3, 4, 6],
    ]);
  });

  it('gives all as one array of clients a parameter', () => {
    const store = createLocalStore(entries, 2, initial);
    store.of(1).values.set([30, 40, 60]);
    const { layout: stacked, values } = store.all();
    expect(stacked.entries).toMatchObject([
      { name: 'scale', shape: [2, 2] },
      { name: 'mean', shape: [2, 1], statistic: true },
    ]);
    expect([...values]).toEqual([3, 4, 30, 40, 6, 60]);
  });

  it('is restored from what it gave', () => {
    const values = fc.array(fc.float({ noNaN: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(values, (drawn) => {
        const store = createLocalStore(entries, 4, initial);
        drawn.forEach((value, at) => {
          store.of(Math.floor(at / 3)).values[at % 3] = value;
        });
        const other = createLocalStore(entries, 4, initial);
        other.restore(store.all().values);
        for (let client = 0; client < 4; client++) {
          expect(other.of(client).values).toEqual(store.of(client).values);
        }
      }),
    );
  });
});
