/** Models that PyTorch exported import, train as in PyTorch, and come back as files that ONNX Runtime runs. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, Examples } from '../../src/data/dataset.js';
import { chooseEngine } from '../../src/engine/onnx-runtime.js';
import type { Engine } from '../../src/learn/engine.js';
import { exportModel } from '../../src/learn/export-model.js';
import type { LossName } from '../../src/learn/losses.js';
import { createOnnxTrainer } from '../../src/learn/onnx-trainer.js';
import { readModel } from '../../src/learn/read-model.js';
import { paramValues } from '../../src/params/layout.js';
import { vectorInput, vectorLabels, vectorTargets } from '../helpers/vector-data.js';

const STEPS = 20;
/** Largest relative difference to the recorded losses. */
const TOLERANCE = 1e-4;

interface Recorded {
  readonly task: 'classes' | 'binary' | 'targets' | 'tokens';
  readonly featureShape: readonly number[];
  readonly classes: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Whether PyTorch folded constants: then some weights are transposed, under names of their own. */
  readonly folded: boolean;
  /** Trained tensors of the file: folding joins those of a recurrent layer. */
  readonly tensors: number;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Running statistics after the steps. */
  readonly statistics: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly losses: readonly number[];
  /** Of the trained model on batch 0, in evaluation. */
  readonly outputs: readonly number[];
}

const folder = new URL('../vectors/onnx/', import.meta.url);
const recorded: Readonly<Record<string, Recorded>> = JSON.parse(
  readFileSync(new URL('recorded.json', folder), 'utf8'),
).models;

const lossOf = {
  classes: 'softmax-cross-entropy',
  binary: 'binary-cross-entropy',
  targets: 'mean-squared-error',
  tokens: 'next-token-cross-entropy',
} as const satisfies Record<Recorded['task'], LossName>;

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});

describe.each(Object.entries(recorded))('%s, exported by PyTorch', (name, vector) => {
  const bytes = readFileSync(new URL(`${name}.onnx`, folder));
  const model = readModel(bytes, { loss: lossOf[vector.task] });
  const { learningRate } = vector;
  const work = {
    amount: { steps: 1 },
    batchSize: 'full',
    learningRate,
    momentum: 0,
    weightDecay: 0,
  } as const;

  it('imports with the names and shapes that PyTorch has', () => {
    const entries = createOnnxTrainer(engine, model).layout.entries.filter(({ statistic }) => !statistic);
    const bare = entries.map(({ name: parameter, shape }) => ({ name: parameter, shape }));
    const kept = bare.filter((parameter) => !parameter.name.startsWith('onnx::'));
    const expected = vector.parameters.filter((parameter) =>
      vector.folded ? kept.some((other) => other.name === parameter.name) : true,
    );
    expect(kept).toEqual(expected);
    expect(entries).toHaveLength(vector.tensors);
    expect(model.featureShape).toEqual(vector.featureShape);
  });

  it('trains to the losses that PyTorch has, and exports a file with its outputs', async () => {
    const trainer = createOnnxTrainer(engine, model);
    const params = new Float32Array(trainer.layout.size);
    await trainer.initialParams(1, params);
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      losses.push((await trainer.train(params, batchOf(vector, step), work, step, params)).loss);
    }
    losses.forEach((loss, step) => {
      expect(Math.abs(loss / vector.losses[step]! - 1)).toBeLessThan(TOLERANCE);
    });
    for (const { name: statistic, values } of vector.statistics) {
      const trained = paramValues({ layout: trainer.layout, values: params }, statistic);
      values.forEach((value, channel) => {
        expect(Math.abs(trained[channel]! - value)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
      });
    }
    const exported = exportModel(model, { layout: trainer.layout, values: params });
    const outputs = await predict(exported, vector);
    vector.outputs.forEach((value, index) => {
      expect(outputs[index]).toBeCloseTo(value, 4);
    });
    await trainer.dispose?.();
  });

  it('trains to the same parameters with several steps a call', async () => {
    const examples = batchOf(vector, 0);
    const several = { ...work, amount: { epochs: 3 }, batchSize: vector.batchSize / 4 };
    const trained = await Promise.all(
      [1, 4].map(async (stepsPerCall) => {
        const trainer = createOnnxTrainer(engine, model, { stepsPerCall });
        const params = new Float32Array(trainer.layout.size);
        await trainer.initialParams(1, params);
        await trainer.train(params, examples, several, 7, params);
        await trainer.dispose?.();
        return params;
      }),
    );
    trained[0]!.forEach((value, index) => {
      expect(trained[1]![index]).toBeCloseTo(value, 5);
    });
  });

  it('is the same model after export and another import', async () => {
    const { layout } = createOnnxTrainer(engine, model);
    const values = Float32Array.from({ length: layout.size }, (_, index) => Math.sin(index) / 10);
    const once = exportModel(model, { layout, values });
    const again = readModel(once, { loss: lossOf[vector.task] });
    const trainer = createOnnxTrainer(engine, again);
    const initial = new Float32Array(layout.size);
    await trainer.initialParams(1, initial);
    expect(trainer.layout).toEqual(layout);
    expect(initial).toEqual(values);
    expect(await predict(exportModel(again, { layout, values }), vector)).toEqual(
      await predict(once, vector),
    );
  });
});

function batchOf(vector: Recorded, step: number): Examples {
  const { task, batchSize, featureShape, classes } = vector;
  const length = featureShape.reduce((product, size) => product * size, 1);
  const tokens = (stream: number) => Float32Array.from(vectorLabels(stream, batchSize * length, classes));
  const indices = Uint32Array.from({ length: batchSize }, (_, index) => index);
  const common = { name: 'vectors', count: batchSize, featureShape, classNames: [] };
  if (task === 'tokens') {
    const sequences = { features: tokens(step), labelShape: featureShape, labels: tokens(step + 1) };
    return { dataset: { ...common, task: 'next-token', ...sequences }, indices };
  }
  const dataset: Dataset = {
    ...common,
    task: task === 'targets' ? 'regression' : 'classification',
    features: vectorInput(step, batchSize, length),
    labels: task === 'targets' ? vectorTargets(step, batchSize) : vectorLabels(step, batchSize, classes),
  };
  return { dataset, indices };
}

/** The outputs of an exported file on batch 0, by ONNX Runtime alone. */
async function predict(onnx: Uint8Array, vector: Recorded): Promise<Float32Array> {
  const session = await engine.load(onnx);
  const { dataset } = batchOf(vector, 0);
  const { batchSize, featureShape } = vector;
  const perPosition = vector.task === 'tokens';
  const inner = perPosition ? featureShape : [];
  const width = inner.reduce((rest, size) => rest / size, vector.outputs.length / batchSize);
  const output = engine.tensor(new Float32Array(vector.outputs.length), [batchSize, ...inner, width]);
  const data = perPosition ? Int32Array.from(dataset.features) : dataset.features;
  const features = engine.tensor(data, [batchSize, ...featureShape]);
  await session.run({ features }, { output });
  await session.release();
  return output.data as Float32Array;
}
