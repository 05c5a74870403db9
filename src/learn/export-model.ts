/** Writes a trained model as an ONNX file that any other tool runs. */
import { ShapeError } from '../errors.js';
import type { Params } from '../params/layout.js';
import { createGraphBuilder } from './graph.js';
import { names } from './graph-names.js';
import type { LayerContext } from './layers/layer.js';
import type { Model } from './model.js';
import { encodeOnnx } from './onnx-encode.js';

/**
 * The bytes of a `.onnx` file (operator set 17) that predicts: input `features`, float32 of [batch, ...the
 * model's feature shape], output `output`, float32 of [batch, outputs]. The parameters are its initialisers,
 * under their names.
 *
 * @param params of the model, in any order
 * @throws {ShapeError} when a parameter of the model is missing or has another shape, or there is one too many.
 */
export function exportModel(model: Model, params: Params): Uint8Array {
  const builder = createGraphBuilder();
  const entries = new Map(params.layout.entries.map((entry) => [entry.name, entry]));
  const used = new Set<string>();
  const parameter: LayerContext['parameter'] = (name, shape) => {
    const entry = entries.get(name);
    if (!entry || entry.shape.join() !== shape.join()) {
      throw new ShapeError(
        `params must have "${name}" [${shape.join(', ')}], got ${entry ? `[${entry.shape.join(', ')}]` : 'none'}`,
      );
    }
    used.add(name);
    return builder.tensor(shape, params.values.subarray(entry.offset, entry.offset + entry.length), name);
  };
  const context: LayerContext = {
    builder,
    training: false,
    nextOf: counter(),
    parameter,
    statistic: (...args) => ({ value: parameter(...args), moveTo() {} }),
    mask: () => null,
  };
  const features = builder.input(names.features, model.featureType ?? 'float32', [
    'batch',
    ...model.featureShape,
  ]);
  builder.output(
    names.output,
    model.layers.reduce((value, layer) => layer(value, context), features),
  );
  const spare = params.layout.entries.find(({ name }) => !used.has(name));
  if (spare) throw new ShapeError(`params must be those of the model, got also "${spare.name}"`);
  return encodeOnnx(builder.build());
}

function counter(): (kind: string) => number {
  const counts = new Map<string, number>();
  return (kind) => {
    const next = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, next);
    return next;
  };
}
