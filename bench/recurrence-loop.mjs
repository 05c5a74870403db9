/**
 * `node bench/recurrence-loop.mjs <cell> <engine> <seconds>`: the forward recurrence in its forms, interleaved, and a
 * line of JSON with CPU milliseconds a run (medians), CPU milliseconds to load, and the largest difference of states.
 */
import { chooseEngine } from '../dist/engine/onnx-runtime.js';
import { seededRandom } from '../dist/random.js';
import { inputShapes, ownOperator, scanned, unrolled } from './recurrence-graphs.mjs';

const CHUNKS = 5;
const cells = {
  'char-lstm': { steps: 80, batch: 10, features: 256, units: 256 },
  'word-cifg': { steps: 20, batch: 16, features: 96, units: 670, projection: 96, coupled: true },
};

const [cellName, kind, seconds] = process.argv.slice(2);
const cell = cells[cellName];
const { engine } = await chooseEngine({ kind });
const random = seededRandom(1, 'bench');
const inputs = Object.fromEntries(
  Object.entries(inputShapes(cell)).map(([name, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const value = name.startsWith('zero') ? () => 0 : () => (2 * random.float() - 1) / 16;
    return [name, engine.tensor(Float32Array.from({ length }, value), shape)];
  }),
);
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const made = [];
for (const saved of [false, true]) {
  const loop = scanned(cell, saved);
  const outputs = outputsOf(loop.outputs);
  made.push({ form: 'unrolled', saved, bytes: unrolled(cell, saved), outputs: flat(loop.outputs) });
  made.push({ form: 'Scan', saved, bytes: loop.bytes, outputs });
}
if (!cell.projection) {
  const states = [{ name: 'states', shape: [cell.steps, cell.batch, cell.units] }];
  made.push({ form: 'LSTM', saved: false, bytes: ownOperator(cell), outputs: flat(states) });
}
for (const form of made) {
  const before = cpuMs();
  form.session = await engine.load(form.bytes);
  form.loadMs = cpuMs() - before;
  await form.session.run(inputs, form.outputs);
  form.times = [];
}
for (let chunk = 0; chunk < CHUNKS; chunk++) {
  for (const form of made) {
    const until = performance.now() + (Number(seconds) * 1000) / CHUNKS;
    const before = cpuMs();
    let runs = 0;
    for (; performance.now() < until || runs < 5; runs++) await form.session.run(inputs, form.outputs);
    form.times.push((cpuMs() - before) / runs);
  }
}
const [reference] = made;
const results = made.map(({ form, saved, bytes, outputs, loadMs, times }) => {
  const [own, first] = [outputs.states.data, reference.outputs.states.data];
  const apart = own.reduce((most, value, at) => Math.max(most, Math.abs(value - first[at])), 0);
  return { form, saved, bytes: bytes.length, loadMs, runMs: middle(times), apart };
});
process.stdout.write(`${JSON.stringify({ cell: cellName, engine: engine.name, results })}\n`);

function outputsOf(outputs) {
  return Object.fromEntries(
    outputs.map(({ name, shape }) => [
      name,
      engine.tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape),
    ]),
  );
}

/** The same with the steps one behind the other, as the unrolled form has them. */
function flat(outputs) {
  return outputsOf(
    outputs.map(({ name, shape: [steps, batch, ...rest] }) => ({ name, shape: [steps * batch, ...rest] })),
  );
}
