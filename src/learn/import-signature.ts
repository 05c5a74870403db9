/** What an imported model takes and gives: the input with the features, and what its output is compared with. */
import { ConfigError, ShapeError } from '../errors.js';
import type { Dim, Value } from './graph.js';
import type { OnnxModel } from './onnx-model.js';

/** The input with the features. */
export interface FeatureInput {
  readonly name: string;
  readonly batch: Dim;
  readonly featureShape: readonly number[];
  /** As the model takes them here: token ids are int32. */
  readonly featureType: 'float32' | 'int32';
  /** As the file has them. */
  readonly fileType: 'float32' | 'int32' | 'int64';
}

/**
 * The one input of the file.
 *
 * @throws {ConfigError} when there are others, or its type or sizes do not fit.
 */
export function featureInput(file: OnnxModel): FeatureInput {
  const [input, ...others] = file.inputs;
  const dtype = input?.dtype;
  if (!input || others.length > 0 || !dtype || dtype === 'bool') {
    const got = file.inputs
      .map(({ name, dtype: type }) => `"${name}" (${type ?? 'another type'})`)
      .join(', ');
    throw new ConfigError(`the model must have one input, of float32 or integers, got ${got || 'none'}`);
  }
  const [batch, ...sizes] = input.shape ?? [];
  const known = sizes.filter((size) => typeof size === 'number' && size > 0) as number[];
  if (batch === undefined || known.length < sizes.length) {
    throw new ConfigError(
      `input "${input.name}" must have a batch axis and then known sizes, got [${input.shape?.join(', ') ?? ''}]`,
    );
  }
  const featureType = dtype === 'float32' ? dtype : 'int32';
  return { name: input.name, batch, featureShape: known, featureType, fileType: dtype };
}

/** What leaves the model for one label, and how many labels an example has: [] or [time]. */
export interface Outputs {
  readonly count: number;
  readonly labelShape: readonly number[];
}

/** @throws {ShapeError} when the output is not float32 [batch, outputs] or [batch, time, outputs]. */
export function outputsOf({ shape, dtype }: Value, name: string, batch: string): Outputs {
  const [first, ...sizes] = shape;
  const count = sizes.at(-1);
  const labelShape = sizes.slice(0, -1);
  const known = sizes.every((size) => typeof size === 'number' && size > 0);
  if (first !== batch || !known || count === undefined || labelShape.length > 1 || dtype !== 'float32') {
    throw new ShapeError(
      `output "${name}" must be float32 [batch, outputs] or [batch, time, outputs], got ${dtype} [${shape.join(', ')}]`,
    );
  }
  return { count: Number(count), labelShape: labelShape.map(Number) };
}
