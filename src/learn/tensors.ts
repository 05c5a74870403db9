/** Tensors over arrays: gathered rows of a batch, and the parameters of a model. */
import { type Examples, featureLength } from '../data/dataset.js';
import { ShapeError } from '../errors.js';
import type { Layout } from '../params/layout.js';
import { names } from './compile.js';
import type { Engine, EngineTensor } from './engine.js';
import { losses } from './losses.js';
import type { Model } from './model.js';

/** Room for `capacity` rows of features and labels. */
export interface RowBuffers {
  readonly features: Float32Array;
  readonly labels: Float32Array | Int32Array;
  readonly capacity: number;
  readonly rowLength: number;
  /** Feature and label tensors over the first `rows` rows. */
  tensors(rows: number): Record<string, EngineTensor>;
}

/** Buffers for examples that fit `model`. */
export function createRowBuffers(engine: Engine, model: Model, capacity: number): RowBuffers {
  const rowLength = model.featureShape.reduce((product, size) => product * size, 1);
  const features = new Float32Array(capacity * rowLength);
  const integers = losses[model.loss].labelType === 'int32';
  const labels = integers ? new Int32Array(capacity) : new Float32Array(capacity);
  return {
    features,
    labels,
    capacity,
    rowLength,
    tensors: (rows) => ({
      [names.features]: engine.tensor(features.subarray(0, rows * rowLength), [rows, ...model.featureShape]),
      [names.labels]: engine.tensor(labels.subarray(0, rows), [rows]),
    }),
  };
}

/**
 * Gathers `rows` examples, `order[at]` and following, into the first rows of the buffers.
 *
 * @throws {ShapeError} when the examples have another number of elements than the model takes.
 */
export function fillRows(
  { features, labels, rowLength }: RowBuffers,
  { dataset }: Examples,
  order: Uint32Array,
  at: number,
  rows: number,
): void {
  if (featureLength(dataset) !== rowLength) {
    throw new ShapeError(
      `examples must have ${rowLength} elements for this model, got ${featureLength(dataset)}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    const index = order[at + row] as number;
    features.set(dataset.features.subarray(index * rowLength, (index + 1) * rowLength), row * rowLength);
    labels[row] = dataset.labels[index] as number;
  }
}

/** A tensor over the place of each parameter in `values`, under the name that `named` gives it. */
export function parameterTensors(
  engine: Engine,
  layout: Layout,
  values: Float32Array,
  named: (name: string) => string,
): Record<string, EngineTensor> {
  const tensors: Record<string, EngineTensor> = {};
  for (const { name, shape, offset, length } of layout.entries) {
    tensors[named(name)] = engine.tensor(values.subarray(offset, offset + length), shape);
  }
  return tensors;
}
