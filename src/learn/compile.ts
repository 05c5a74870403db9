/**
 * The training compiler: from a model to the ONNX graph of whole training steps (forward, loss, backward and
 * update) and to the graph that evaluates.
 */
import { ConfigError } from '../errors.js';
import { createLayout, type Layout, type ParamSpec } from '../params/layout.js';
import { int } from './attributes.js';
import { clippedGradients } from './clipping/clipped-gradients.js';
import { differentiate } from './differentiate.js';
import { createGraphBuilder, type Dim, type GraphBuilder, type GraphNode, type Value } from './graph.js';
import type { Initializer, LayerContext } from './layers/layer.js';
import { type Loss, lossOf } from './losses.js';
import type { Model } from './model.js';
import { rankLabels } from './next-token.js';
import { encodeOnnx } from './onnx-encode.js';
import { updateParameters } from './optimizer.js';
import type { StepScalars } from './optimizer-steps.js';
import { elementCount } from './shapes.js';
import { isPlain, shrinks, stateName, stateNamesOf, type UpdateKind } from './update-kind.js';

/** The name of the batch size that is known only when the graph runs. */
const BATCH = 'batch';

/** A dropout mask that must be handed in at each step. */
export interface MaskInput {
  readonly name: string;
  readonly rate: number;
  /** Elements an example. */
  readonly length: number;
  readonly exampleShape: readonly number[];
}

/** A compiled step graph. Inputs and outputs are named by the functions of `names`. */
export interface StepGraph {
  readonly onnx: Uint8Array;
  /** A call of the engine costs time once, each node a little. */
  readonly nodeCount: number;
  readonly masks: readonly MaskInput[];
}

/** The names by which step and evaluation graphs take and give values. */
export const names = {
  features: 'features',
  labels: 'labels',
  /** Scalar: what the gradient of the summed loss is multiplied with. */
  gradientScale: 'gradientScale',
  learningRate: 'learningRate',
  momentum: 'momentum',
  weightDecay: 'weightDecay',
  proximalTerm: 'proximalTerm',
  clippingNorm: 'clippingNorm',
  exampleClippingNorm: 'exampleClippingNorm',
  /** Scalar: the loss summed over all examples of the call. */
  lossSum: 'lossSum',
  /** Scalars: labels that count, and those that were the likeliest token, or among the three likeliest. */
  labelCount: 'labelCount',
  top1: 'top1',
  top3: 'top3',
  output: 'output',
  /** A parameter, or what the optimiser keeps, after the steps. */
  next: (name: string) => `next.${name}`,
  /** What is added to the gradient of a parameter in every step (in a plain update, to the parameter). */
  pull: (name: string) => `pull.${name}`,
} as const;

/** The parameters of a model. */
export interface ModelParameters {
  /** In the order of the layers. */
  readonly layout: Layout;
  /** How each starts. */
  readonly initializers: readonly Initializer[];
  /** The nodes that take them, while evaluating. */
  readonly nodes: readonly GraphNode[];
}

/** Declares the parameters of a model, in a graph that evaluates. */
export function modelParameters(model: Model): ModelParameters {
  const builder = createGraphBuilder();
  const parameters = declaredParameters(builder);
  const features = featuresInput(builder, model, BATCH);
  forward(model, features, evaluationContext(builder, parameters));
  const { specs, initializers } = parameters;
  return { layout: createLayout(specs), initializers, nodes: builder.added };
}

/**
 * Compiles `steps` training steps, one after another, into one graph.
 *
 * With one step the batch size is free; with more it must be fixed, and features and labels hold the batches
 * one behind the other. In a plain update, `gradientScale` is minus the learning rate over the batch size and
 * the update is a part of the gradient's own matrix product; in others, 1 over the batch size. A loss that
 * counts its labels divides by their number itself: then, the batch size is left out, and `lossSum` sums means.
 */
export function compileSteps(
  model: Model,
  update: UpdateKind,
  steps: number,
  batchSize: number | null,
): StepGraph {
  const builder = createGraphBuilder();
  const loss = lossOf(model.loss);
  const rows = batchSize === null ? BATCH : batchSize * steps;
  const features = featuresInput(builder, model, rows);
  const labels = labelsInput(builder, model, rows);
  const scalars = scalarInputs(builder, update);
  const declared = declaredParameters(builder);
  const masks: MaskInput[] = [];
  const featureParts = splitRows(builder, features, steps, batchSize);
  const labelParts = splitRows(builder, labels, steps, batchSize);
  let parameters = new Map<string, Value>();
  const statistics = new Map<string, Value>();
  let state = new Map<string, Value>();
  let pulls = new Map<string, Value>();
  let lossSum: Value | undefined;
  for (let step = 0; step < steps; step++) {
    const before = builder.added.length;
    const get: LayerContext['parameter'] = (name, shape, initializer) => {
      const current = parameters.get(name) ?? declared.get(name, shape, initializer);
      parameters.set(name, current);
      return current;
    };
    const statistic: LayerContext['statistic'] = (name, shape) => {
      const value = statistics.get(name) ?? builder.input(name, 'float32', shape);
      statistics.set(name, value);
      return { value, moveTo: (next) => void statistics.set(name, next) };
    };
    const context = trainingContext(builder, get, statistic, step, masks);
    const [x, y] = [featureParts[step] as Value, labelParts[step] as Value];
    const output = forward(model, x, context);
    if (update.examplesClipped) checkNoStatistics(statistics);
    const nodes = builder.added.slice(before);
    const count = loss.count?.(builder, y);
    const { gradientScale } = scalars;
    const scale = count ? builder.node('Div', [gradientScale, count]) : gradientScale;
    const sum = loss.sum(builder, output, y);
    const stepLoss = count ? builder.node('Div', [sum, count]) : sum;
    lossSum = lossSum ? builder.node('Add', [lossSum, stepLoss]) : stepLoss;
    const targets = [...parameters.values()];
    const gradients = scalars.exampleClippingNorm
      ? clippedGradients(builder, {
          nodes,
          output,
          outputGradient: loss.gradient(builder, output, y, exampleScale(builder, loss, y)),
          targets,
          batch: BATCH,
          clippingNorm: scalars.exampleClippingNorm,
          scale: gradientScale,
        })
      : differentiate(builder, nodes, output, loss.gradient(builder, output, y, scale), targets);
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

/** Compiles the graph that evaluates: `outputWidth` outputs an example, and the loss summed over examples. */
export function compileEvaluation(model: Model): { onnx: Uint8Array; outputWidth: number } {
  const builder = createGraphBuilder();
  const loss = lossOf(model.loss);
  const features = featuresInput(builder, model, BATCH);
  const labels = labelsInput(builder, model, BATCH);
  const output = forward(model, features, evaluationContext(builder, declaredParameters(builder)));
  builder.output(names.lossSum, loss.sum(builder, output, labels));
  if (loss.task === 'next-token') {
    const { count, top1, top3 } = rankLabels(builder, output, labels);
    builder.output(names.labelCount, count);
    builder.output(names.top1, top1);
    builder.output(names.top3, top3);
  } else {
    builder.output(names.output, output);
  }
  return { onnx: encodeOnnx(builder.build()), outputWidth: elementCount(output.shape.slice(1)) };
}

/** Compiles the graph that gives the outputs of a model alone, as in evaluation. */
export function compileForward(model: Model): { onnx: Uint8Array; outputShape: readonly Dim[] } {
  const builder = createGraphBuilder();
  const features = featuresInput(builder, model, BATCH);
  const output = forward(model, features, evaluationContext(builder, declaredParameters(builder)));
  builder.output(names.output, output);
  return { onnx: encodeOnnx(builder.build()), outputShape: output.shape };
}

function featuresInput(
  builder: GraphBuilder,
  { featureType = 'float32', featureShape }: Model,
  rows: Dim,
): Value {
  return builder.input(names.features, featureType, [rows, ...featureShape]);
}

function labelsInput(builder: GraphBuilder, { labelShape = [], loss }: Model, rows: Dim): Value {
  return builder.input(names.labels, lossOf(loss).labelType, [rows, ...labelShape]);
}

/** Statistics over the batch would carry something of each example into the gradients of the others. */
function checkNoStatistics(statistics: ReadonlyMap<string, Value>): void {
  for (const name of statistics.keys()) {
    throw new ConfigError(
      `exampleClippingNorm must be left out where statistics are taken over the batch, as "${name}" is: use layer or group normalisation instead`,
    );
  }
}

/** What the gradient of each example's summed loss is multiplied with to be that of its mean over labels. */
function exampleScale(builder: GraphBuilder, loss: Loss, labels: Value): Value {
  const one = builder.constant('float32', [], [1]);
  const counts = loss.exampleCounts?.(builder, labels);
  return counts ? builder.node('Div', [one, counts]) : one;
}

function forward(model: Model, features: Value, context: LayerContext): Value {
  return model.layers.reduce((value, layer) => layer(value, context), features);
}

function declaredParameters(builder: GraphBuilder) {
  const specs: ParamSpec[] = [];
  const initializers: Initializer[] = [];
  const declared = new Map<string, Value>();
  // A second layer that asks for a name shares the parameter.
  const declare = (spec: ParamSpec, initializer: Initializer) => {
    const known = declared.get(spec.name);
    if (known) return known;
    specs.push(spec);
    initializers.push(initializer);
    const made = builder.input(spec.name, 'float32', spec.shape);
    declared.set(spec.name, made);
    return made;
  };
  const get: LayerContext['parameter'] = (name, shape, initializer) => declare({ name, shape }, initializer);
  const statistic: LayerContext['statistic'] = (name, shape, initializer) => ({
    value: declare({ name, shape, statistic: true }, initializer),
    moveTo() {},
  });
  return { specs, initializers, get, statistic };
}

function evaluationContext(
  builder: GraphBuilder,
  { get, statistic }: Pick<ReturnType<typeof declaredParameters>, 'get' | 'statistic'>,
): LayerContext {
  return { builder, training: false, nextOf: counter(), parameter: get, statistic, mask: () => null };
}

function trainingContext(
  builder: GraphBuilder,
  parameter: LayerContext['parameter'],
  statistic: LayerContext['statistic'],
  step: number,
  masks: MaskInput[],
): LayerContext {
  const mask = (shape: readonly Dim[], rate: number) => {
    const name = `mask${masks.length}.step${step}`;
    const exampleShape = shape.slice(1).map(Number);
    masks.push({
      name,
      rate,
      exampleShape,
      length: exampleShape.reduce((product, size) => product * size, 1),
    });
    return builder.input(name, 'float32', shape);
  };
  return { builder, training: true, nextOf: counter(), parameter, statistic, mask };
}

function counter(): (kind: string) => number {
  const counts = new Map<string, number>();
  return (kind) => {
    const next = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, next);
    return next;
  };
}

function scalarInputs(builder: GraphBuilder, update: UpdateKind): StepScalars {
  const scalar = (name: string) => builder.input(name, 'float32', []);
  return {
    gradientScale: scalar(names.gradientScale),
    ...(isPlain(update) ? {} : { learningRate: scalar(names.learningRate) }),
    ...(update.momentum ? { momentum: scalar(names.momentum) } : {}),
    ...(shrinks(update) ? { weightDecay: scalar(names.weightDecay) } : {}),
    ...(update.proximal && !isPlain(update) ? { proximalTerm: scalar(names.proximalTerm) } : {}),
    ...(update.clipped ? { clippingNorm: scalar(names.clippingNorm) } : {}),
    ...(update.examplesClipped ? { exampleClippingNorm: scalar(names.exampleClippingNorm) } : {}),
  };
}

function pullInputs(builder: GraphBuilder, parameters: ReadonlyMap<string, Value>): Map<string, Value> {
  const inputs = [...parameters].map(
    ([name, { shape }]) => [name, builder.input(names.pull(name), 'float32', shape)] as const,
  );
  return new Map(inputs);
}

/** What the optimiser kept from the step before. */
function stateInputs(
  builder: GraphBuilder,
  update: UpdateKind,
  parameters: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const { arrays, numbers } = stateNamesOf(update);
  const shapes = [
    ...arrays.flatMap((array) =>
      [...parameters].map(([name, { shape }]) => [stateName(array, name), shape] as const),
    ),
    ...numbers.map((name) => [name, []] as const),
  ];
  return new Map(shapes.map(([name, shape]) => [name, builder.input(name, 'float32', shape)]));
}

function splitRows(builder: GraphBuilder, value: Value, steps: number, batchSize: number | null): Value[] {
  if (steps === 1 || batchSize === null) return [value];
  const sizes = builder.constant('int64', [steps], new Array<number>(steps).fill(batchSize));
  const type = { dtype: value.dtype, shape: [batchSize, ...value.shape.slice(1)] };
  return builder.nodes('Split', [value, sizes], { axis: int(0) }, new Array(steps).fill(type));
}
