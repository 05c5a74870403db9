/** The training compiler: from a model to the ONNX graph of whole steps (forward, loss, backward and update). */
import { int } from './attributes.js';
import { batchGradients } from './batch-gradients.js';
import {
  BATCH,
  declaredParameters,
  featuresInput,
  labelsInput,
  type MaskInput,
  trainingContext,
} from './compile.js';
import { createGraphBuilder, type Dim, type GraphBuilder, type Value } from './graph.js';
import { names } from './graph-names.js';
import type { LayerContext } from './layers/layer.js';
import type { Model } from './model.js';
import { encodeOnnx } from './onnx-encode.js';
import { updateParameters } from './optimizer.js';
import { pullInputs, scalarInputs, stateInputs } from './step-inputs.js';
import type { UpdateKind } from './update-kind.js';

/** A compiled step graph. Inputs and outputs are named by the functions of `names`. */
export interface StepGraph {
  readonly onnx: Uint8Array;
  /** A call of the engine costs time once, each node a little. */
  readonly nodeCount: number;
  readonly masks: readonly MaskInput[];
}

/**
 * Compiles `steps` training steps, one after another, into one graph.
 *
 * With one step the batch size is free; with more it must be fixed, and features and labels hold the batches
 * one behind the other. In a plain update, `gradientScale` is minus the learning rate over the batch size and
 * the update is a part of the gradient's own matrix product; in others, 1 over the batch size. A loss that
 * counts its labels divides by their number itself: then, the batch size is left out, and `lossSum` sums means.
 */
export async function compileSteps(
  model: Model,
  update: UpdateKind,
  steps: number,
  batchSize: number | null,
): Promise<StepGraph> {
  const builder = createGraphBuilder();
  const rows = batchSize === null ? BATCH : batchSize * steps;
  const features = featuresInput(builder, model, rows);
  const labels = labelsInput(builder, model, rows);
  const scalars = scalarInputs(builder, update);
  const declared = declaredParameters(builder);
  const masks: MaskInput[] = [];
  // Where examples are told apart, it is by the name of the batch: no size of a value must be taken for it.
  const rowsEach = update.examplesClipped ? BATCH : (batchSize ?? BATCH);
  const featureParts = splitRows(builder, features, steps, batchSize, rowsEach);
  const labelParts = splitRows(builder, labels, steps, batchSize, rowsEach);
  let parameters = new Map<string, Value>();
  const statistics = new Map<string, Value>();
  let state = new Map<string, Value>();
  let pulls = new Map<string, Value>();
  let lossSum: Value | undefined;
  for (let step = 0; step < steps; step++) {
    const own = parameters;
    const get: LayerContext['parameter'] = (name, shape, initializer) => {
      const current = own.get(name) ?? declared.get(name, shape, initializer);
      own.set(name, current);
      return current;
    };
    const statistic: LayerContext['statistic'] = (name, shape) => {
      const value = statistics.get(name) ?? builder.input(name, 'float32', shape);
      statistics.set(name, value);
      return { value, moveTo: (next) => void statistics.set(name, next) };
    };
    const { gradients, loss } = await batchGradients(builder, model, {
      features: featureParts[step] as Value,
      labels: labelParts[step] as Value,
      context: trainingContext(builder, get, statistic, step, masks),
      parameters,
      statistics,
      scale: scalars.gradientScale,
      mean: true,
      exampleClippingNorm: scalars.exampleClippingNorm,
    });
    lossSum = lossSum ? builder.node('Add', [lossSum, loss]) : loss;
    if (step === 0) state = stateInputs(builder, update, parameters);
    if (step === 0 && update.pulled) pulls = pullInputs(builder, parameters);
    const updated = updateParameters(builder, update, scalars, parameters, gradients, state, pulls);
    parameters = updated.parameters;
    state = updated.state;
  }
  for (const [name, value] of [...parameters, ...statistics, ...state])
    builder.output(names.next(name), value);
  builder.output(names.lossSum, lossSum as Value);
  const graph = builder.build();
  return { onnx: encodeOnnx(graph), nodeCount: graph.nodes.length, masks };
}

/** Cuts `value` into `steps` parts of `batchSize` rows; `rows` is what the graph takes their number for. */
function splitRows(
  builder: GraphBuilder,
  value: Value,
  steps: number,
  batchSize: number | null,
  rows: Dim,
): Value[] {
  if (steps === 1 || batchSize === null) return [value];
  const sizes = builder.constant('int64', [steps], new Array<number>(steps).fill(batchSize));
  const type = { dtype: value.dtype, shape: [rows, ...value.shape.slice(1)] };
  return builder.nodes('Split', [value, sizes], { axis: int(0) }, new Array(steps).fill(type));
}
