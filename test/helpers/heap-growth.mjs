/**
 * `node --expose-gc test/helpers/heap-growth.mjs <steps> [<work as JSON>]`: trains 2nn for so many steps at batch 10
 * after a warm-up, and prints by how many bytes the heap and the buffers outside of it have grown.
 */
import { chooseEngine } from '../../dist/engine/onnx-runtime.js';
import { createModel } from '../../dist/learn/model.js';
import { createOnnxTrainer } from '../../dist/learn/onnx-trainer.js';
import { seededRandom } from '../../dist/random.js';

const WARM_UP = 2000;
const COUNT = 1000;
const [steps, change = '{}'] = process.argv.slice(2);

const { engine } = await chooseEngine({ kind: 'native' });
const trainer = createOnnxTrainer(
  engine,
  createModel('2nn', { featureShape: [784], task: 'classification', classCount: 10 }),
);
const random = seededRandom(1, 'heap');
const dataset = {
  name: 'random',
  task: 'classification',
  count: COUNT,
  featureShape: [784],
  features: Float32Array.from({ length: COUNT * 784 }, () => random.float()),
  labels: Float32Array.from({ length: COUNT }, () => random.integer(10)),
  classNames: [...'0123456789'],
};
const indices = Uint32Array.from({ length: COUNT }, (_, index) => index);
const params = new Float32Array(trainer.layout.size);
trainer.initialParams(1, params);
const train = (count) =>
  trainer.train(
    params,
    { dataset, indices },
    {
      amount: { steps: count },
      batchSize: 10,
      learningRate: 0.01,
      momentum: 0,
      weightDecay: 0,
      ...JSON.parse(change),
    },
    1,
    params,
  );
/** What is held once everything that nobody holds any more is gone; buffers go in the background. */
const held = async () => {
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return process.memoryUsage();
};

await train(WARM_UP);
const before = await held();
await train(Number(steps));
const after = await held();
const grown = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
process.stdout.write(`${JSON.stringify(grown)}\n`);
await trainer.dispose();
