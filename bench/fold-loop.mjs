/**
 * CPU seconds a GB of updates: `node bench/fold-loop.mjs <MB> <updates> <repeats>` prints a line of JSON, by operation
 * a list of as many figures as repeats. All operations take turns in one process and go over the same updates, of eight
 * tensors each.
 */
import { createPlainSum } from '../dist/aggregate/running-sum.js';
import { createSimdSum } from '../dist/aggregate/simd-sum.js';
import { allFinite } from '../dist/params/arithmetic.js';
import { createLayout } from '../dist/params/layout.js';
import { decodeSafetensors, encodeSafetensors } from '../dist/params/safetensors.js';
import { createSafetensorsReader } from '../dist/params/safetensors-stream.js';

const CHUNK_BYTES = 64 * 1024;
const TENSORS = 8;
/** A measurement goes over at least this much: a few milliseconds of CPU time would be noise. */
const LEAST_BYTES = 3e8;

const [megabytes, count, repeats] = process.argv.slice(2).map(Number);
const length = Math.floor((megabytes * 1e6) / 4 / TENSORS);
const layout = createLayout(
  Array.from({ length: TENSORS }, (_, index) => ({ name: `layer.${index}`, shape: [length] })),
);
const values = Float32Array.from({ length: layout.size }, (_, index) => Math.sin(index));
const files = Array.from({ length: count }, () => encodeSafetensors({ layout, values }));
const updates = files.map((file) => decodeSafetensors(file).params.values);
const uploads = files.map((file) =>
  Array.from({ length: Math.ceil(file.length / CHUNK_BYTES) }, (_, index) =>
    file.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  ),
);

const plain = createPlainSum(layout.size);
const simd = createSimdSum(layout.size);
const out = new Float32Array(layout.size);
const reader = createSafetensorsReader(layout, out);
const operations = {
  copy: (index) => out.set(updates[index]),
  plain: (index) => plain.add(updates[index], 600),
  simd: (index) => simd.add(updates[index], 600),
  finite: (index) => {
    if (!allFinite(updates[index])) throw new RangeError('updates must be finite');
  },
  stream: (index) => {
    for (const chunk of uploads[index]) reader.push(chunk);
    reader.end();
    reader.reset();
  },
};

const bytes = 4 * layout.size * count;
const passes = Math.ceil(LEAST_BYTES / bytes);
const measure = (operation) => {
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) for (let index = 0; index < count; index++) operation(index);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / ((passes * bytes) / 1e9);
};

const secondsPerGb = Object.fromEntries(Object.keys(operations).map((name) => [name, []]));
// Once to warm up: compilers work in the background.
for (let repeat = -1; repeat < repeats; repeat++) {
  for (const [name, operation] of Object.entries(operations)) {
    const seconds = measure(operation);
    if (repeat >= 0) secondsPerGb[name].push(seconds);
  }
}
process.stdout.write(`${JSON.stringify(secondsPerGb)}\n`);
