/** Each model is fetched and read once, for each order of its parameters. */
import { describe, expect, it } from 'vitest';
import { createLayout } from '../params/layout.js';
import { encodeSafetensors } from '../params/safetensors.js';
import { createModelCache } from './model-cache.js';

const layout = createLayout([
  { name: 'b', shape: [1] },
  { name: 'a', shape: [2] },
]);
const file = encodeSafetensors({ layout, values: Float32Array.of(1, 2, 3) });

describe('the cache of models', () => {
  it('fetches once, for clients that ask at the same time or later', async () => {
    const models = createModelCache();
    let fetched = 0;
    const fetch = async () => {
      fetched++;
      return file;
    };
    const [one, other] = await Promise.all([models.get('x', layout, fetch), models.get('x', layout, fetch)]);
    expect(other.values).toBe(one.values);
    expect([one.cached, other.cached]).toEqual([false, true]);
    expect([...one.values]).toEqual([1, 2, 3]);
    expect((await models.get('x', layout, fetch)).values).toBe(one.values);
    expect(fetched).toBe(1);
  });

  it('gives each trainer the order of its own parameters', async () => {
    const models = createModelCache();
    const sorted = createLayout([...layout.entries].reverse().map(({ name, shape }) => ({ name, shape })));
    await models.get('x', layout, async () => file);
    expect([...(await models.get('x', sorted, async () => file)).values]).toEqual([2, 3, 1]);
  });

  it('forgets what could not be fetched', async () => {
    const models = createModelCache();
    await expect(models.get('x', layout, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect((await models.get('x', layout, async () => file)).cached).toBe(false);
  });

  it('keeps the newest two', async () => {
    const models = createModelCache();
    for (const sha256 of ['x', 'y', 'z']) await models.get(sha256, layout, async () => file);
    expect((await models.get('y', layout, async () => file)).cached).toBe(true);
    expect((await models.get('x', layout, async () => file)).cached).toBe(false);
  });
});
