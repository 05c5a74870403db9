/** Training steps hold on to nothing: measured in a process of its own, where garbage can be collected at will. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../helpers/heap-growth.mjs', import.meta.url));
const MOST_BYTES = 5 * 2 ** 20;

async function expectNothingLeft(model: string, work: object) {
  const words = ['--expose-gc', SCRIPT, model, '10000', JSON.stringify(work)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const { heapUsed, arrayBuffers, external } = JSON.parse(stdout);
  expect(heapUsed).toBeLessThan(MOST_BYTES);
  expect(arrayBuffers).toBeLessThan(MOST_BYTES);
  expect(external).toBeLessThan(MOST_BYTES);
}

describe('10,000 steps of 2nn', () => {
  it.each([{}, { momentum: 0.9, gradientClippingNorm: 1 }, { exampleClippingNorm: 1 }])(
    'leave less than 5 MB behind, on the heap and outside of it, with %o',
    (work) => expectNothingLeft('2nn', work),
  );
});

describe('10,000 steps of a language model', () => {
  it.each(['lstm', 'cifg'])('leave less than 5 MB behind: %s', (model) => expectNothingLeft(model, {}));
});
