/** What a model makes of examples: its outputs, for whoever uses a trained model. */
import { ShapeError } from '../errors.js';
import { compileForward, modelParameters } from './compile.js';
import type { Engine } from './engine.js';
import { names } from './graph-names.js';
import type { Model } from './model.js';
import { parameterTensors } from './tensors.js';

/** A model ready to predict. Calls never overlap. */
export interface Predictor {
  /** Of one example: [time, vocabulary] logits for next-token, else [outputs]. */
  readonly outputShape: readonly number[];
  /**
   * The outputs of one example.
   *
   * @param features as many numbers as an example has
   * @throws {ShapeError} for another number of features.
   */
  predict(features: ArrayLike<number>): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Compiles and loads the forward graph of `model` with `params`, which are copied. */
export async function createPredictor(
  engine: Engine,
  model: Model,
  params: Float32Array,
): Promise<Predictor> {
  const { layout } = modelParameters(model);
  if (params.length !== layout.size) {
    throw new ShapeError(`params must have ${layout.size} elements for ${model.name}, got ${params.length}`);
  }
  const { onnx, outputShape } = compileForward(model);
  const session = await engine.load(onnx);
  const parameters = parameterTensors(engine, layout, params.slice(), (name) => name);
  const sizes = outputShape.slice(1).map(Number);
  const length = model.featureShape.reduce((product, size) => product * size, 1);
  const output = new Float32Array(sizes.reduce((product, size) => product * size, 1));
  const row = model.featureType === 'int32' ? new Int32Array(length) : new Float32Array(length);
  const inputs = { ...parameters, [names.features]: engine.tensor(row, [1, ...model.featureShape]) };
  const outputs = { [names.output]: engine.tensor(output, [1, ...sizes]) };
  return {
    outputShape: sizes,
    async predict(features) {
      if (features.length !== length) {
        throw new ShapeError(
          `features must have ${length} elements for ${model.name}, got ${features.length}`,
        );
      }
      row.set(features);
      await session.run(inputs, outputs);
      return output.slice();
    },
    release: () => session.release(),
  };
}
