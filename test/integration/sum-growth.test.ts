/** Sums in WebAssembly memory go when nobody holds them: measured in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../helpers/sum-growth.mjs', import.meta.url));
const SIZE = 1_600_000;

it('100 sums of 1.6 million elements, one after another, never hold the memory of 16 and leave less than of 6', async () => {
  const words = ['--expose-gc', SCRIPT, '100', String(SIZE)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const { most, left } = JSON.parse(stdout);
  expect(most).toBeLessThan(16 * 8 * SIZE);
  expect(left).toBeLessThan(6 * 8 * SIZE);
});
