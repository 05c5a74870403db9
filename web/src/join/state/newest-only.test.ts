import { expect, it } from 'vitest';
import { newestOnly } from './newest-only.js';

it('does one at a time, leaves out what is overtaken, and goes on after a failure', async () => {
  const [done, failures]: [number[], unknown[]] = [[], []];
  const ask = newestOnly<number>(
    async (input) => {
      await Promise.resolve();
      done.push(input);
      if (input === 1) throw new Error('the first');
    },
    (error) => failures.push(error),
  );
  for (const input of [1, 2, 3]) ask(input);
  await expect.poll(() => done).toEqual([1, 3]);
  expect(failures).toHaveLength(1);
  ask(4);
  await expect.poll(() => done).toEqual([1, 3, 4]);
});
