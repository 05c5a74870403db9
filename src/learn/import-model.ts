/** The door to models from `.onnx` files; what reads them is loaded when the first one comes. */
import type { LossSpec } from './losses.js';
import type { Model } from './model.js';
import type { ExternalData } from './onnx-tensor.js';

/** Options of `importModel`. */
export interface ImportOptions {
  /** What is minimised, or a choice by the number of outputs of the model. */
  readonly loss: LossSpec | ((outputCount: number) => LossSpec);
  /**
   * Which initialisers are trained, by their names in the file. By default all of float32 with at least one
   * axis, but for those that hold no weights (running statistics, sizes, bounds).
   */
  readonly trainable?: (name: string) => boolean;
  /**
   * Whether batch normalisations train as in PyTorch's training mode: by the statistics of each batch, the running
   * ones moved along (default). Where `frozen`, they take the file's running statistics always, which stay.
   */
  readonly batchNormalization?: 'train' | 'frozen';
  /** For people and logs; by default the name of the file's graph. */
  readonly name?: string;
  /** Needed where the file keeps tensors beside it. */
  readonly externalData?: ExternalData;
}

/** A model from a file, with sentences for people about what is not as in the file. */
export interface ImportedModel extends Model {
  readonly notices: readonly string[];
}

/**
 * Reads a `.onnx` file as a model. Parameters have the file's names and start at the file's values, whatever
 * the seed; a name that a compiled graph needs for itself gets "file." in front. A softmax or sigmoid at the end that
 * the loss has inside is left out.
 *
 * @param bytes operators 13 to 23 of the standard domain, with one input [batch, ...] of float32, or of integers for
 *   token ids, and one float32 output [batch, outputs], or [batch, time, outputs] to predict tokens; the batch may
 *   have any size in the file
 * @throws {ConfigError} when the file is no such model, or has an operator that cannot be trained through.
 * @throws {ShapeError} when shapes do not fit together.
 */
export async function importModel(bytes: Uint8Array, options: ImportOptions): Promise<ImportedModel> {
  const { readModel } = await import('./read-model.js');
  return readModel(bytes, options);
}
