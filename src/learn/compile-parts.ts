/** Steps whose batch is computed in parts: a graph that adds up gradients, and one that moves the parameters by them. */
import type { Layout } from '../params/layout.js';
import { batchGradients, checkNoStatistics } from './batch-gradients.js';
import {
  BATCH,
  declaredParameters,
  featuresInput,
  labelsInput,
  type MaskInput,
  trainingContext,
} from './compile.js';
import { createGraphBuilder, type Value } from './graph.js';
import { names } from './graph-names.js';
import type { LayerContext } from './layers/layer.js';
import type { Model } from './model.js';
import { encodeOnnx } from './onnx-encode.js';
import { updateParameters } from './optimizer.js';
import { pullInputs, scalarInputs, stateInputs } from './step-inputs.js';
import type { UpdateKind } from './update-kind.js';

/** The graph of one part of a batch. */
export interface PartGraph {
  readonly onnx: Uint8Array;
  readonly masks: readonly MaskInput[];
  /** Whether it gives the number of labels that count. */
  readonly countsLabels: boolean;
}

/**
 * Compiles the graph that adds the gradient of the summed loss of any number of examples to what it is handed. With
 * `examplesClipped`, each example's gradient is clipped before.
 *
 * @throws {ConfigError} where a layer takes statistics over the batch: a part of it has others.
 */
export async function compilePart(model: Model, { examplesClipped = false }: UpdateKind): Promise<PartGraph> {
  const builder = createGraphBuilder();
  const features = featuresInput(builder, model, BATCH);
  const labels = labelsInput(builder, model, BATCH);
  const declared = declaredParameters(builder);
  const parameters = new Map<string, Value>();
  const statistics = new Map<string, Value>();
  const masks: MaskInput[] = [];
  const parameter: LayerContext['parameter'] = (name, shape, initializer) => {
    const value = parameters.get(name) ?? declared.get(name, shape, initializer);
    parameters.set(name, value);
    return value;
  };
  const statistic: LayerContext['statistic'] = (name, shape, initializer) => {
    const made = declared.statistic(name, shape, initializer);
    statistics.set(name, made.value);
    return made;
  };
  const { gradients, loss, labelCount } = await batchGradients(builder, model, {
    features,
    labels,
    context: trainingContext(builder, parameter, statistic, 0, masks),
    parameters,
    statistics,
    scale: builder.constant('float32', [], [1]),
    mean: false,
    exampleClippingNorm: examplesClipped
      ? builder.input(names.exampleClippingNorm, 'float32', [])
      : undefined,
  });
  checkNoStatistics('accumulateSteps', statistics);
  [...parameters].forEach(([name, { shape }], index) => {
    const sum = builder.input(names.sum(name), 'float32', shape);
    builder.output(names.next(names.sum(name)), builder.node('Add', [sum, gradients[index] as Value]));
  });
  builder.output(names.lossSum, loss);
  if (labelCount) builder.output(names.labelCount, labelCount);
  return { onnx: encodeOnnx(builder.build()), masks, countsLabels: labelCount !== undefined };
}

/** Compiles the graph that moves parameters by summed gradients, which are multiplied with `gradientScale`. */
export function compileUpdate(layout: Layout, update: UpdateKind): Uint8Array {
  const builder = createGraphBuilder();
  const trained = layout.entries.filter(({ statistic }) => !statistic);
  const input = (name: string, shape: readonly number[]) => builder.input(name, 'float32', shape);
  const parameters = new Map(trained.map(({ name, shape }) => [name, input(name, shape)]));
  const scalars = scalarInputs(builder, update);
  const gradients = trained.map(({ name, shape }) =>
    builder.node('Mul', [input(names.sum(name), shape), scalars.gradientScale]),
  );
  const state = stateInputs(builder, update, parameters);
  const pulls = update.pulled ? pullInputs(builder, parameters) : new Map<string, Value>();
  const next = updateParameters(builder, update, scalars, parameters, gradients, state, pulls);
  for (const [name, value] of [...next.parameters, ...next.state]) builder.output(names.next(name), value);
  return encodeOnnx(builder.build());
}
