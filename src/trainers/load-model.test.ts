/** Models by name and from ONNX files: the loss that follows from the data, and data beside the file. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gemm, x, y } from '../../test/helpers/imported.js';
import { onnxFile } from '../../test/helpers/onnx-file.js';
import type { Dataset } from '../data/dataset.js';
import { ConfigError, ShapeError } from '../errors.js';
import { modelParameters } from '../learn/compile.js';
import { loadModel } from './load-model.js';

const vector = (name: string) =>
  fileURLToPath(new URL(`../../test/vectors/onnx/${name}.onnx`, import.meta.url));

const dataset = (length: number, classCount: number): Dataset => ({
  name: 'test',
  task: classCount === 0 ? 'regression' : 'classification',
  count: 0,
  featureShape: [length],
  features: new Float32Array(),
  labels: new Float32Array(),
  classNames: Array.from({ length: classCount }, (_, index) => `${index}`),
});

describe('loadModel', () => {
  it('makes our own models by name', async () => {
    expect(await loadModel('mlp', dataset(4, 3))).toMatchObject({ name: 'mlp', featureShape: [4] });
  });

  it.each([
    ['logistic', dataset(20, 5), 'softmax-cross-entropy'],
    ['binary', dataset(13, 2), 'binary-cross-entropy'],
    ['linear', dataset(13, 0), 'mean-squared-error'],
  ])('reads %s with the loss that the data asks for', async (name, data, loss) => {
    expect(await loadModel(vector(name), data)).toMatchObject({ name, loss });
  });

  it.each<[string, Dataset, Error]>([
    ['logistic', dataset(20, 4), new ShapeError('model must have 4 outputs, one a class, got 5')],
    ['binary', dataset(13, 3), new ShapeError('model must have 3 outputs, one a class, got 1')],
    ['logistic', dataset(21, 5), new ShapeError('model must take the 21 numbers of an example, got [20]')],
  ])('refuses %s where it does not fit the data: %#', async (name, data, error) => {
    await expect(loadModel(vector(name), data)).rejects.toThrow(error);
  });

  it('refuses a path where there is no file', async () => {
    const error = new ConfigError('model must be an ONNX file that can be read, got nowhere.onnx');
    await expect(loadModel('nowhere.onnx', dataset(3, 2))).rejects.toThrow(error);
  });
});

describe('data beside the model', () => {
  let folder: string;
  const load = async (location: string, offset = '4') => {
    const weight = { name: 'w', dims: [3, 2], external: { location, offset } };
    const path = join(folder, 'inside', 'model.onnx');
    writeFileSync(path, onnxFile({ inputs: [x], outputs: [y], nodes: [gemm], tensors: [weight] }));
    return modelParameters(await loadModel(path, dataset(3, 2))).initializers;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-onnx-'));
    mkdirSync(join(folder, 'inside', 'data'), { recursive: true });
    const bytes = new Uint8Array(Float32Array.of(9, 1, 2, 3, 4, 5, 6).buffer);
    writeFileSync(join(folder, 'inside', 'data', 'w.bin'), bytes);
    writeFileSync(join(folder, 'outside.bin'), bytes);
    symlinkSync(join(folder, 'outside.bin'), join(folder, 'inside', 'link.bin'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read from its place', async () => {
    expect(await load('data/w.bin')).toEqual([{ values: Float32Array.of(1, 2, 3, 4, 5, 6) }]);
  });

  it.each([
    ['link.bin', '4', `external data must lie in the model's folder, got "link.bin"`],
    ['none.bin', '4', 'external data must be a file that can be read, got "none.bin"'],
    ['data', '0', 'external data must be a file that can be read, got "data"'],
    ['data/w.bin', '8', 'tensor "w" must have 24 bytes for its sizes, got 20'],
  ])('is refused where it cannot be: %s at %s', async (location, offset, message) => {
    await expect(load(location, offset)).rejects.toThrow(message);
  });
});
