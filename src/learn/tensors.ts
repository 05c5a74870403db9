/** Tensors over arrays: gathered rows of a batch, and the parameters of a model. */
import { type Examples, featureLength, labelLength } from '../data/dataset.js';
import { ShapeError } from '../errors.js';
import type { Layout } from '../params/layout.js';
import type { Engine, EngineTensor } from './engine.js';
import { names } from './graph-names.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { elementCount } from './shapes.js';

/** Elements from which on a row is copied as a block. */
const LONG_ROW = 64;

/** Room for `capacity` rows of features and labels. */
export interface RowBuffers {
  readonly features: Float32Array | Int32Array;
  readonly labels: Float32Array | Int32Array;
  readonly capacity: number;
  readonly rowLength: number;
  /** Labels a row. */
  readonly labelLength: number;
  /** Feature and label tensors over the first `rows` rows. */
  tensors(rows: number): Record<string, EngineTensor>;
}

/** Buffers for examples that fit `model`. */
export function createRowBuffers(engine: Engine, model: Model, capacity: number): RowBuffers {
  const rowLength = model.featureShape.reduce((product, size) => product * size, 1);
  const { featureType = 'float32', labelShape = [], loss } = model;
  const features = numbersOf(featureType, capacity * rowLength);
  const rowLabels = elementCount(labelShape);
  const labels = numbersOf(lossOf(loss).labelType, capacity * rowLabels);
  return {
    features,
    labels,
    capacity,
    rowLength,
    labelLength: rowLabels,
    tensors: (rows) => ({
      [names.features]: engine.tensor(features.subarray(0, rows * rowLength), [rows, ...model.featureShape]),
      [names.labels]: engine.tensor(labels.subarray(0, rows * rowLabels), [rows, ...labelShape]),
    }),
  };
}

/**
 * Gathers `rows` examples, `order[at]` and following, into the first rows of the buffers.
 *
 * @throws {ShapeError} when the examples have another number of elements than the model takes.
 */
export function fillRows(
  { features, labels, rowLength, labelLength: rowLabels }: RowBuffers,
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
  if (labelLength(dataset) !== rowLabels) {
    throw new ShapeError(
      `examples must have ${rowLabels} labels each for this model, got ${labelLength(dataset)}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    const index = order[at + row] as number;
    copyRow(features, dataset.features, row * rowLength, index * rowLength, rowLength);
    copyRow(labels, dataset.labels, row * rowLabels, index * rowLabels, rowLabels);
  }
}

/** Copies short rows, and rows of another type, element by element: a view costs more than they do. */
function copyRow(
  to: Float32Array | Int32Array,
  from: Float32Array,
  start: number,
  fromStart: number,
  length: number,
): void {
  if (length > LONG_ROW && to instanceof Float32Array) {
    to.set(from.subarray(fromStart, fromStart + length), start);
    return;
  }
  for (let place = 0; place < length; place++) to[start + place] = from[fromStart + place] as number;
}

function numbersOf(dtype: 'float32' | 'int32', length: number): Float32Array | Int32Array {
  return dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
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
