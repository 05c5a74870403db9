/** Small ONNX files for the tests of the import: [batch, 3] times a weight of [3, 2], varied. */
import { modelParameters } from '../../src/learn/compile.js';
import { createGraphBuilder, type Graph } from '../../src/learn/graph.js';
import type { ImportOptions } from '../../src/learn/import-model.js';
import type { LayerContext } from '../../src/learn/layers/layer.js';
import type { Model } from '../../src/learn/model.js';
import { readModel } from '../../src/learn/read-model.js';
import { type FileFields, onnxFile } from './onnx-file.js';

export const x = { name: 'x', shape: ['batch', 3] };
export const y = { name: 'y' };
export const weight = { name: 'w', dims: [3, 2], floats: [1, 2, 3, 4, 5, 6] };
export const gemm = { op: 'Gemm', inputs: ['x', 'w'], outputs: ['y'] };
const loss = 'softmax-cross-entropy';

/** Imports the file, with what `file` says in place of what it has. */
export const importFile = (file: FileFields, options: Partial<ImportOptions> = {}) =>
  readModel(onnxFile({ inputs: [x], outputs: [y], nodes: [gemm], tensors: [weight], ...file }), {
    loss,
    ...options,
  });

/** The names of what is trained. */
export const parameterNames = (...args: Parameters<typeof importFile>) =>
  modelParameters(importFile(...args)).layout.entries.map(({ name }) => name);

/** The graph of a forward pass; masks are inputs named "mask" where `training` is set. */
export function forwardGraph(file: FileFields, training = false): Graph {
  return graphOf(importFile(file), training);
}

/** The graph of a forward pass of a model. */
export function graphOf(model: Model, training = false): Graph {
  const builder = createGraphBuilder();
  const context: LayerContext = {
    builder,
    training,
    nextOf: () => 1,
    parameter: (name, shape) => builder.input(name, 'float32', shape),
    statistic: (name, shape) => ({ value: builder.input(name, 'float32', shape), moveTo() {} }),
    mask: (shape) => (training ? builder.input('mask', 'float32', shape) : null),
  };
  const features = builder.input('features', 'float32', ['batch', ...model.featureShape]);
  builder.output('output', model.layers[0]!(features, context));
  return builder.build();
}
