/**
 * One training measurement: `node bench/train-loop.mjs <model> <batch> <engine> <seconds> [<work as JSON>]` prints a
 * line of JSON like the reference loops in `bench/reference`. One thread, random examples in memory, shuffled every
 * epoch.
 */
import { chooseEngine } from '../dist/engine/onnx-runtime.js';
import { createModel } from '../dist/learn/model.js';
import { createOnnxTrainer } from '../dist/learn/onnx-trainer.js';
import { seededRandom } from '../dist/random.js';

const EXAMPLES = { '2nn': 6000, mlp: 6000, cnn: 200 };
const PIXELS = 784;

const [modelName, batch, engineKind, seconds, change = '{}'] = process.argv.slice(2);
const { engine } = await chooseEngine({ kind: engineKind });
const input = { featureShape: [1, 28, 28], task: 'classification', classCount: 10 };
const trainer = createOnnxTrainer(engine, createModel(modelName, input));
const count = EXAMPLES[modelName];
const random = seededRandom(1, 'bench');
const dataset = {
  name: 'random',
  task: 'classification',
  count,
  featureShape: [1, 28, 28],
  features: Float32Array.from({ length: count * PIXELS }, () => random.float()),
  labels: Float32Array.from({ length: count }, () => random.integer(10)),
  classNames: [...'0123456789'],
};
const indices = Uint32Array.from({ length: count }, (_, index) => index);
const params = new Float32Array(trainer.layout.size);
const trained = new Float32Array(trainer.layout.size);
trainer.initialParams(1, params);
const work = {
  amount: { epochs: 1 },
  batchSize: Number(batch),
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
  ...JSON.parse(change),
};
const warmUp = { ...work, amount: { steps: 50 } };
await trainer.train(params, { dataset, indices }, modelName === 'cnn' ? work : warmUp, 0, trained);

const cpuBefore = process.cpuUsage();
const wallBefore = performance.now();
let steps = 0;
let examples = 0;
for (let epoch = 1; performance.now() - wallBefore < Number(seconds) * 1000; epoch++) {
  const result = await trainer.train(params, { dataset, indices }, work, epoch, trained);
  steps += result.steps;
  examples += result.exampleCount;
}
const cpu = process.cpuUsage(cpuBefore);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
const wallSeconds = (performance.now() - wallBefore) / 1000;
const examplesPerCpuSecond = examples / cpuSeconds;
process.stdout.write(
  `${JSON.stringify({ engine: engine.name, model: modelName, batch: Number(batch), steps, examples, cpuSeconds, wallSeconds, examplesPerCpuSecond })}\n`,
);
