import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSortedLog } from './sorted-log.js';

it('has each key once, as it was put last, by rising key, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.string())), (pairs) => {
      const log = createSortedLog<readonly [number, string]>(([key]) => key);
      const known = new Map<number, readonly [number, string]>();
      for (const pair of pairs) {
        expect(log.put(pair)).toBe(known.get(pair[0]));
        known.set(pair[0], pair);
      }
      expect(log.items).toEqual([...known.values()].sort(([one], [other]) => one - other));
    }),
  );
});
