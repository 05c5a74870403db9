/** From a model to the graphs that evaluate it, and what they share with those that train it. */

import { createLayout, type Layout, type ParamSpec } from '../params/layout.js';
import { createGraphBuilder, type Dim, type GraphBuilder, type GraphNode, type Value } from './graph.js';
import { names } from './graph-names.js';
import type { Initializer, LayerContext } from './layers/layer.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { rankLabels } from './next-token.js';
import { encodeOnnx } from './onnx-encode.js';
import { elementCount } from './shapes.js';

/** The name of the batch size that is known only when the graph runs. */
export const BATCH = 'batch';

/** A dropout mask that must be handed in at each step. */
export interface MaskInput {
  readonly name: string;
  readonly rate: number;
  /** Elements an example. */
  readonly length: number;
  readonly exampleShape: readonly number[];
}

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

/** Compiles the graph that evaluates: `outputWidth` outputs an example, and the loss summed over examples. */
export function compileEvaluation(model: Model): { onnx: Uint8Array; outputWidth: number } {
  const builder = createGraphBuilder();
  const trained = lossOf(model.loss);
  const loss = trained.evaluated ?? trained;
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

/** The examples of `rows` rows, as a graph takes them. */
export function featuresInput(
  builder: GraphBuilder,
  { featureType = 'float32', featureShape }: Model,
  rows: Dim,
): Value {
  return builder.input(names.features, featureType, [rows, ...featureShape]);
}

/** Their labels. */
export function labelsInput(builder: GraphBuilder, { labelShape = [], loss }: Model, rows: Dim): Value {
  return builder.input(names.labels, lossOf(loss).labelType, [rows, ...labelShape]);
}

/** All layers of a model. */
export function forward(model: Model, features: Value, context: LayerContext): Value {
  return model.layers.reduce((value, layer) => layer(value, context), features);
}

/** Makes inputs of parameters and statistics as layers ask for them, and notes them. */
export function declaredParameters(builder: GraphBuilder) {
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

/** Where layers write a graph that trains; `masks` gets the masks they ask for. */
export function trainingContext(
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
