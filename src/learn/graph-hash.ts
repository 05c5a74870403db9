/** The hash by which a model's computation is known, pinned and approved. */
import {
  BATCH,
  declaredParameters,
  featuresInput,
  forward,
  labelsInput,
  trainingContext,
} from './compile.js';
import { createGraphBuilder, type Value } from './graph.js';
import { names } from './graph-names.js';
import type { LayerContext } from './layers/layer.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { encodeOnnx } from './onnx-encode.js';

/** SHA-256, hexadecimal: the core has no cryptography of its own. */
export type Sha256Hex = (bytes: Uint8Array<ArrayBuffer>) => string | Promise<string>;

/**
 * The SHA-256 of what a training step of the model computes forwards, as an ONNX graph: layers with dropout and the
 * statistics that they carry on, and the loss. Values of parameters are no part of it, those of frozen ones are. The same
 * on every machine; gradients and optimiser follow from the graph and the task's work.
 *
 * @throws {ShapeError} when the layers do not fit together.
 */
export async function graphHash(model: Model, sha256Hex: Sha256Hex): Promise<string> {
  return sha256Hex(Uint8Array.from(trainingGraph(model)));
}

function trainingGraph(model: Model): Uint8Array {
  const builder = createGraphBuilder();
  const features = featuresInput(builder, model, BATCH);
  const labels = labelsInput(builder, model, BATCH);
  const declared = declaredParameters(builder);
  const moved = new Map<string, Value>();
  const statistic: LayerContext['statistic'] = (name, shape, initializer) => ({
    value: declared.statistic(name, shape, initializer).value,
    moveTo: (next) => void moved.set(name, next),
  });
  let masks = 0;
  const context: LayerContext = {
    ...trainingContext(builder, declared.get, statistic, 0, []),
    // How much a mask drops is drawn outside the graph: its name says it here.
    mask: (shape, rate) => builder.input(`mask${masks++}.rate${rate}`, 'float32', shape),
  };
  const output = forward(model, features, context);
  builder.output(names.output, output);
  builder.output(names.lossSum, lossOf(model.loss).sum(builder, output, labels));
  for (const [name, next] of moved) builder.output(names.next(name), next);
  return encodeOnnx(builder.build());
}
