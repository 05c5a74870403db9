/** Compares a model that was imported with ONNX Runtime's own reading of the file. */
import { expect } from 'vitest';
import { chooseEngine } from '../../src/engine/onnx-runtime.js';
import { exportModel } from '../../src/learn/export-model.js';
import type { ImportOptions } from '../../src/learn/import-model.js';
import { createOnnxTrainer } from '../../src/learn/onnx-trainer.js';
import { readModel } from '../../src/learn/read-model.js';
import { seededRandom } from '../../src/random.js';
import { type FileFields, onnxFile } from './onnx-file.js';

const ROWS = 3;

/**
 * Imports the file, trains a step, and compares outputs at the file's own parameters with those of the file.
 *
 * @param width outputs an example
 * @param compared where the import stops before the file does: the output of the file to compare with
 */
export async function compareImport(
  file: FileFields,
  options: ImportOptions,
  width: number,
  compared: string = file.outputs?.[0]?.name ?? 'y',
): Promise<ReturnType<typeof readModel>> {
  const { engine } = await chooseEngine({ kind: 'native' });
  const model = readModel(onnxFile(file), options);
  const trainer = createOnnxTrainer(engine, model);
  const values = new Float32Array(trainer.layout.size);
  await trainer.initialParams(1, values);
  const features = features3(model.featureShape);
  const run = async (onnx: Uint8Array, input: string, output: string) => {
    const session = await engine.load(onnx);
    const made = engine.tensor(new Float32Array(ROWS * width), [ROWS, width]);
    await session.run(
      { [input]: engine.tensor(features, [ROWS, ...model.featureShape]) },
      { [output]: made },
    );
    await session.release();
    return [...made.data];
  };
  const raw = onnxFile({ ...file, outputs: [{ name: compared, shape: ['batch', width] }] });
  const expected = await run(raw, file.inputs?.[0]?.name ?? 'x', compared);
  const actual = await run(exportModel(model, { layout: trainer.layout, values }), 'features', 'output');
  expected.forEach((value, index) => {
    expect(actual[index]).toBeCloseTo(value, 4);
  });
  await checkTraining(trainer, model.featureShape, features, values);
  return model;
}

/** A small step lowers the loss. */
async function checkTraining(
  trainer: ReturnType<typeof createOnnxTrainer>,
  featureShape: readonly number[],
  features: Float32Array,
  values: Float32Array,
): Promise<void> {
  const dataset = {
    name: 'compared',
    task: 'classification',
    count: ROWS,
    featureShape,
    features,
    labels: Float32Array.of(0, 1, 0),
    classNames: [],
  } as const;
  const examples = { dataset, indices: Uint32Array.of(0, 1, 2) };
  const work = {
    amount: { steps: 20 },
    batchSize: 'full',
    learningRate: 0.01,
    momentum: 0,
    weightDecay: 0,
  } as const;
  const out = new Float32Array(values.length);
  const first = await trainer.train(values, examples, { ...work, amount: { steps: 1 } }, 1, out);
  await trainer.train(values, examples, work, 1, out);
  const last = await trainer.train(out, examples, { ...work, amount: { steps: 1 } }, 1, out);
  expect(last.loss).toBeLessThan(first.loss);
  await trainer.dispose?.();
}

function features3(shape: readonly number[]): Float32Array {
  const random = seededRandom(11);
  return new Float32Array(ROWS * shape.reduce((product, size) => product * size, 1)).map(() =>
    random.normal(),
  );
}
