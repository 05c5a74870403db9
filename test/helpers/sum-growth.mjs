/**
 * `node --expose-gc test/helpers/sum-growth.mjs <sums> <size>`: makes, fills and drops weighted sums one after another
 * and prints how much the process had grown at most afterwards, in bytes of resident memory. WebAssembly memory cannot
 * be freed by hand: only the garbage collector can.
 */
import { createWeightedSum, fold } from '../../dist/aggregate/weighted-mean.js';

const [sums, size] = process.argv.slice(2).map(Number);
const update = new Float32Array(size).fill(1);

const useSums = async (count) => {
  for (let time = 0; time < count; time++) {
    fold(createWeightedSum(size), update, 1);
    await new Promise(setImmediate);
  }
};
/** Without collecting by hand: a server does not either. */
const resident = () => process.memoryUsage.rss();

await useSums(5);
globalThis.gc();
const before = resident();
let most = 0;
for (let time = 0; time < sums; time += 10) {
  await useSums(10);
  most = Math.max(most, resident() - before);
}
globalThis.gc();
await new Promise((resolve) => setTimeout(resolve, 100));
process.stdout.write(`${JSON.stringify({ most, left: resident() - before })}\n`);
