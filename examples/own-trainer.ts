/**
 * Brings its own trainer: softmax regression in plain TypeScript, no engine at all. Tessera asks for three things:
 * initial parameters, training, evaluation. Run: `npx jiti examples/own-trainer.ts`
 */
import { fileURLToPath } from 'node:url';
import { createLayout, type Dataset, type Examples, seededRandom, simulate, type Trainer } from 'tessera';

/** Called on every thread, with what clients train on. */
export default function createTrainer({ featureShape, classNames }: Dataset): Trainer {
  const inputs = featureShape.reduce((product, size) => product * size, 1);
  const classes = classNames.length;
  const bias = inputs * classes;

  /** The probabilities of the classes for one example. */
  const predict = (params: Float32Array, { dataset }: Examples, index: number): Float64Array => {
    const scores = Float64Array.from({ length: classes }, (_, label) => params[bias + label] ?? 0);
    for (let input = 0; input < inputs; input++) {
      const value = dataset.features[index * inputs + input] ?? 0;
      if (value === 0) continue;
      for (let label = 0; label < classes; label++) {
        scores[label] = (scores[label] ?? 0) + value * (params[input * classes + label] ?? 0);
      }
    }
    const top = Math.max(...scores);
    const exponents = scores.map((score) => Math.exp(score - top));
    const sum = exponents.reduce((total, value) => total + value, 0);
    return exponents.map((value) => value / sum);
  };

  return {
    layout: createLayout([
      { name: 'weight', shape: [inputs, classes] },
      { name: 'bias', shape: [classes] },
    ]),
    initialParams: (_seed, out) => void out.fill(0),
    async train(params, examples, work, seed, out) {
      out.set(params);
      const epochs = 'epochs' in work.amount ? work.amount.epochs : 1;
      const random = seededRandom(seed, 'own-trainer');
      let lossSum = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const index of random.shuffle(examples.indices.slice())) {
          const label = examples.dataset.labels[index] ?? 0;
          const probabilities = predict(out, examples, index);
          lossSum -= Math.log(Math.max(probabilities[label] ?? 0, 1e-12));
          for (let other = 0; other < classes; other++) {
            const step = work.learningRate * ((probabilities[other] ?? 0) - Number(other === label));
            for (let input = 0; input < inputs; input++) {
              const value = examples.dataset.features[index * inputs + input] ?? 0;
              if (value !== 0)
                out[input * classes + other] = (out[input * classes + other] ?? 0) - step * value;
            }
            out[bias + other] = (out[bias + other] ?? 0) - step;
          }
        }
      }
      const steps = epochs * examples.indices.length;
      return { exampleCount: examples.indices.length, steps, loss: lossSum / steps };
    },
    async evaluate(params, examples) {
      const confusion = new Array<number>(classes * classes).fill(0);
      let lossSum = 0;
      for (const index of examples.indices) {
        const label = examples.dataset.labels[index] ?? 0;
        const probabilities = predict(params, examples, index);
        const cell = label * classes + probabilities.indexOf(Math.max(...probabilities));
        confusion[cell] = (confusion[cell] ?? 0) + 1;
        lossSum -= Math.log(Math.max(probabilities[label] ?? 0, 1e-12));
      }
      return { exampleCount: examples.indices.length, lossSum, confusion, absoluteErrorSum: 0 };
    },
  };
}

const isProgram = process.argv[1] === fileURLToPath(import.meta.url);
if (isProgram) {
  const { finished } = await simulate({
    data: 'digits',
    examples: 2000,
    trainer: { module: fileURLToPath(import.meta.url) },
    partition: 'shards:2',
    learningRate: 0.02,
    rounds: 5,
  });
  console.log(
    `own trainer: ${((finished.metrics.accuracy ?? 0) * 100).toFixed(1)}% after ${finished.rounds} rounds`,
  );
}
