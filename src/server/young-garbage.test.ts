/** Collections of the young, as often as bodies come in. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { noteRead } from './young-garbage.js';

const MB = 2 ** 20;

it('what was read is collected every 4 MB, without the rest of the heap', async () => {
  const forced: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind, flags } = (entry as unknown as { detail: { kind: number; flags: number } }).detail;
      if (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) forced.push(kind);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let read = 0; read < 12; read++) noteRead(MB);
  // Entries are handed out on later turns of the loop.
  for (let turn = 0; turn < 100 && forced.length < 3; turn++) await new Promise((done) => setImmediate(done));
  observer.disconnect();
  expect(forced).toEqual([1, 1, 1].map(() => constants.NODE_PERFORMANCE_GC_MINOR));
});
