/** Finds the model of a run: one of ours by name, or an ONNX file by path. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { type Dataset, featureLength } from '../data/dataset.js';
import { ConfigError, ShapeError } from '../errors.js';
import { type ImportedModel, importModel } from '../learn/import-model.js';
import type { LossName } from '../learn/losses.js';
import { createModel, type Model } from '../learn/model.js';

/** Whether a model's name is the path of a file. */
export function isModelFile(name: string): boolean {
  return name.endsWith('.onnx');
}

/** What a model has to fit. */
type ModelData = Pick<Dataset, 'featureShape' | 'task' | 'classNames'>;

/**
 * The model for a data set. Of an ONNX file the loss follows from the task: cross-entropy of as many outputs as
 * there are classes (or of one output for two classes), mean squared error of one output for a regression.
 *
 * @param name one of `modelNames`, or a path that ends in `.onnx`
 * @throws {ConfigError} when there is no such model, or the file cannot be trained.
 * @throws {ShapeError} when model and data do not fit.
 */
export async function loadModel(name: string, dataset: ModelData): Promise<Model & Partial<ImportedModel>> {
  const { featureShape, task, classNames } = dataset;
  if (!isModelFile(name)) {
    return createModel(name, { featureShape, task, classCount: classNames.length });
  }
  const bytes = await readFile(name).catch((cause: unknown) => {
    throw new ConfigError(`model must be an ONNX file that can be read, got ${name}`, { cause });
  });
  const model = await importModel(bytes, {
    name: basename(name, '.onnx'),
    loss: (outputCount) => lossFor(dataset, outputCount),
    externalData: (...request) => readBeside(name, ...request),
  });
  const length = model.featureShape.reduce((product, size) => product * size, 1);
  if (length !== featureLength(dataset)) {
    throw new ShapeError(
      `model must take the ${featureLength(dataset)} numbers of an example, got [${model.featureShape.join(', ')}]`,
    );
  }
  return model;
}

function lossFor({ task, classNames }: ModelData, outputCount: number): LossName {
  if (task === 'next-token' && outputCount === classNames.length) return 'next-token-cross-entropy';
  if (task === 'regression') return 'mean-squared-error';
  if (outputCount === 1 && classNames.length === 2) return 'binary-cross-entropy';
  if (outputCount === classNames.length) return 'softmax-cross-entropy';
  throw new ShapeError(`model must have ${classNames.length} outputs, one a class, got ${outputCount}`);
}

/** Bytes of a file in the model's folder; links that lead elsewhere are not followed. */
function readBeside(model: string, location: string, offset: number, length: number): Uint8Array {
  let file: number | undefined;
  try {
    const folder = realpathSync(dirname(model));
    const path = realpathSync(join(folder, location));
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      throw new ConfigError(`external data must lie in the model's folder, got "${location}"`);
    }
    file = openSync(path, 'r');
    return readFully(file, offset, length);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`external data must be a file that can be read, got "${location}"`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** As many bytes as the file has: a length that it has not must take no memory. */
function readFully(file: number, offset: number, length: number): Uint8Array {
  const size = Math.max(Math.min(length, fstatSync(file).size - offset), 0);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const read = readSync(file, bytes, at, size - at, offset + at);
    if (read === 0) return bytes.subarray(0, at);
    at += read;
  }
  return bytes;
}
