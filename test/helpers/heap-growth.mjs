/**
 * `node --expose-gc test/helpers/heap-growth.mjs <model> <steps> [<work as JSON>]`: trains 2nn, or a small language
 * model (`lstm`, `cifg`), for so many steps at batch 10 after a warm-up, and prints by how many bytes the heap and the
 * buffers outside of it have grown.
 */
import { chooseEngine } from '../../dist/engine/onnx-runtime.js';
import { dense } from '../../dist/learn/layers/dense.js';
import { embedding, tiedOutput } from '../../dist/learn/layers/embedding.js';
import { cifg, lstm } from '../../dist/learn/layers/recurrent.js';
import { createModel } from '../../dist/learn/model.js';
import { createOnnxTrainer } from '../../dist/learn/onnx-trainer.js';
import { seededRandom } from '../../dist/random.js';

const WARM_UP = 2000;
const COUNT = 1000;
const TIME = 4;
const VOCABULARY = 20;
const [modelName, steps, change = '{}'] = process.argv.slice(2);

const { engine } = await chooseEngine({ kind: 'native' });
const random = seededRandom(1, 'heap');
const numbers = (length, draw) => Float32Array.from({ length }, draw);
const images = {
  task: 'classification',
  featureShape: [784],
  features: numbers(COUNT * 784, () => random.float()),
  labels: numbers(COUNT, () => random.integer(10)),
  classNames: [...'0123456789'],
};
const token = () => random.integer(VOCABULARY);
const sequences = {
  task: 'next-token',
  featureShape: [TIME],
  features: numbers(COUNT * TIME, token),
  labelShape: [TIME],
  labels: numbers(COUNT * TIME, token),
  classNames: numbers(VOCABULARY, token),
};
const dataset = { name: 'random', count: COUNT, ...(modelName === '2nn' ? images : sequences) };
const layers = {
  lstm: [embedding(VOCABULARY, 8), lstm(12), lstm(12), dense(VOCABULARY)],
  cifg: [embedding(VOCABULARY, 8), cifg(12, { projection: 8 }), tiedOutput(VOCABULARY, 8)],
};
const model =
  modelName === '2nn'
    ? createModel('2nn', { ...dataset, classCount: 10 })
    : {
        name: modelName,
        featureShape: [TIME],
        featureType: 'int32',
        labelShape: [TIME],
        layers: layers[modelName],
        loss: 'next-token-cross-entropy',
      };
const trainer = createOnnxTrainer(engine, model);
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
