/**
 * One training measurement: `node bench/train-loop.mjs <model> <batch> <engine> <seconds> [<work as JSON>]` prints a
 * line of JSON like the reference loops in `bench/reference`. One thread, random examples in memory, shuffled every
 * epoch.
 */
import { chooseEngine } from '../dist/engine/onnx-runtime.js';
import { createModel } from '../dist/learn/model.js';
import { createOnnxTrainer } from '../dist/learn/onnx-trainer.js';
import { seededRandom } from '../dist/random.js';

const PIXELS = 784;
const random = seededRandom(1, 'bench');

/** Examples in memory, and how many steps are made before the clock starts. */
const tasks = {
  '2nn': () => ({ dataset: images(6000), warmUp: 50 }),
  mlp: () => ({ dataset: images(6000), warmUp: 50 }),
  cnn: () => ({ dataset: images(200), warmUp: 20 }),
  'char-lstm': (batch) => ({ dataset: sequences(10 * batch, 80, 90), warmUp: 5 }),
  'word-cifg': (batch) => ({ dataset: sequences(10 * batch, 20, 10_000), warmUp: 5 }),
  transformer: (batch) => ({ dataset: sequences(10 * batch, 64, 90), warmUp: 5 }),
};

const [modelName, batch, engineKind, seconds, change = '{}'] = process.argv.slice(2);
const { dataset, warmUp } = tasks[modelName](Number(batch));
const { engine } = await chooseEngine({ kind: engineKind });
const model = createModel(modelName, { ...dataset, classCount: dataset.classNames.length });
const trainer = createOnnxTrainer(engine, model);
const indices = Uint32Array.from({ length: dataset.count }, (_, index) => index);
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
await trainer.train(params, { dataset, indices }, { ...work, amount: { steps: warmUp } }, 0, trained);

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

function images(count) {
  return {
    name: 'random',
    task: 'classification',
    count,
    featureShape: [1, 28, 28],
    features: Float32Array.from({ length: count * PIXELS }, () => random.float()),
    labels: Float32Array.from({ length: count }, () => random.integer(10)),
    classNames: [...'0123456789'],
  };
}

function sequences(count, length, vocabulary) {
  const tokens = () => Float32Array.from({ length: count * length }, () => random.integer(vocabulary));
  return {
    name: 'random',
    task: 'next-token',
    count,
    featureShape: [length],
    features: tokens(),
    labelShape: [length],
    labels: tokens(),
    classNames: Array.from({ length: vocabulary }, (_, token) => String(token)),
  };
}
