/** What every state store does: run by the tests of each. */
import { expect, it } from 'vitest';
import type { StateStore, StateStoreOptions } from '../../src/client/state-store.js';
import { ConfigError, StoreError } from '../../src/errors.js';

export function stateStoreTests(open: (options?: StateStoreOptions) => Promise<StateStore>): void {
  it('gives back what was set last, and nothing after it was deleted', async () => {
    const store = await open();
    expect(await store.get('layers')).toBeUndefined();
    await store.set('layers', Uint8Array.of(1, 2, 3));
    await store.set('layers', Uint8Array.of(4));
    await store.set('empty', new Uint8Array());
    expect(await store.get('layers')).toEqual(Uint8Array.of(4));
    expect(await store.get('empty')).toEqual(new Uint8Array());
    await store.delete('layers');
    await store.delete('layers');
    expect(await store.get('layers')).toBeUndefined();
    expect(await store.get('empty')).toBeDefined();
  });

  it('keeps copies: who changes bytes later changes nothing', async () => {
    const store = await open();
    const bytes = Uint8Array.of(0, 1, 2, 3);
    await store.set('a', bytes.subarray(1, 3));
    bytes.fill(9);
    const got = await store.get('a');
    expect(got).toEqual(Uint8Array.of(1, 2));
    got?.fill(9);
    expect(await store.get('a')).toEqual(Uint8Array.of(1, 2));
  });

  it('forgets everything when it is cleared, and can be used again', async () => {
    const store = await open();
    await store.set('a', Uint8Array.of(1));
    await store.set('b', Uint8Array.of(2));
    await store.clear();
    await store.clear();
    expect([await store.get('a'), await store.get('b')]).toEqual([undefined, undefined]);
    await store.set('a', Uint8Array.of(3));
    expect(await store.get('a')).toEqual(Uint8Array.of(3));
  });

  it.each(['../x', '..', '.', '', 'a/b', 'a\\b', '/etc/passwd', 'a\0', 'A', '.hidden', 'x'.repeat(121), 'ä'])(
    'refuses %j as a key, whatever is asked',
    async (key) => {
      const store = await open();
      const error = new ConfigError(
        `key must be 1 to 120 of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit, got ${JSON.stringify(key)}`,
      );
      await expect(store.get(key)).rejects.toThrow(error);
      await expect(store.set(key, Uint8Array.of(1))).rejects.toThrow(error);
      await expect(store.delete(key)).rejects.toThrow(error);
    },
  );

  it('takes no more than its room, and keeps what it has', async () => {
    const store = await open({ maxBytes: 10 });
    await store.set('a', new Uint8Array(6));
    await expect(store.set('b', new Uint8Array(5))).rejects.toThrow(
      new StoreError('state must stay within 10 B, would be 11 B'),
    );
    await expect(store.set('a', new Uint8Array(11))).rejects.toThrow(StoreError);
    await store.set('a', new Uint8Array(10).fill(1));
    expect(await store.get('a')).toEqual(new Uint8Array(10).fill(1));
    expect(await store.get('b')).toBeUndefined();
    await store.delete('a');
    await store.set('b', new Uint8Array(10));
  });
}
