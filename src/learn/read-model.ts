/** Makes a model that can be trained of an ONNX file: its nodes are replayed into every graph that is compiled. */
import { ConfigError, ShapeError } from '../errors.js';
import { differentiate } from './differentiate.js';
import { cast } from './gradients/nodes.js';
import { createGraphBuilder, type GraphBuilder, type Value } from './graph.js';
import { endingOf } from './import-ending.js';
import type { ReplayScope } from './import-lowering.js';
import type { ImportedModel, ImportOptions } from './import-model.js';
import { replayNode } from './import-nodes.js';
import { aliasesOf, chooseParameters, freeName, type ImportedParameter } from './import-parameters.js';
import { type FeatureInput, featureInput, type Outputs, outputsOf } from './import-signature.js';
import type { Layer, LayerContext } from './layers/layer.js';
import { type LossSpec, lossOf } from './losses.js';
import { decodeOnnx } from './onnx-decode.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.js';

/** Larger float tensors that are not trained are kept as they are; smaller ones are constants that rules can read. */
const MAX_CONSTANT = 1024;

/** What `importModel` does, whose words this is, in one go. */
export function readModel(bytes: Uint8Array, options: ImportOptions): ImportedModel {
  const { externalData } = options;
  const file = decodeOnnx(bytes, externalData ? { externalData } : {});
  const input = featureInput(file);
  const { featureShape, featureType } = input;
  const replay = (output: string) => {
    const nodes = nodesBehind(file, output);
    const parameters = chooseParameters(file, nodes, options.trainable);
    const frozen = options.batchNormalization === 'frozen';
    const layer = replayLayer(file, input, output, nodes, parameters, frozen);
    return { nodes, layer, outputs: probe(layer, input, output) };
  };
  const output = onlyOutput(file).name;
  const whole = replay(output);
  const loss = typeof options.loss === 'function' ? options.loss(whole.outputs.count) : options.loss;
  checkLoss(loss, whole.outputs);
  const kind = typeof loss === 'string' ? loss : loss.type;
  const ending = endingOf(whole.nodes, output, kind);
  const { layer } = ending ? replay(ending.logits) : whole;
  const notices = ending
    ? [`the model trains and comes back without the ${ending.op} at its end, which ${kind} has inside`]
    : [];
  const name = options.name ?? (file.name || 'onnx');
  const { labelShape } = whole.outputs;
  return { name, featureShape, featureType, labelShape, layers: [layer], loss, notices };
}

function onlyOutput({ outputs }: OnnxModel): OnnxValue {
  const [output, ...others] = outputs;
  if (output && others.length === 0) return output;
  const got = outputs.map(({ name }) => `"${name}"`).join(', ');
  throw new ConfigError(`the model must have one output for the loss, got ${got || 'none'}`);
}

/** The nodes that `output` depends on. */
function nodesBehind(file: OnnxModel, output: string): OnnxNode[] {
  const needed = new Set([output]);
  const kept: OnnxNode[] = [];
  for (const node of file.nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== '' && needed.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return kept.reverse();
}

function replayLayer(
  file: OnnxModel,
  features: FeatureInput,
  output: string,
  nodes: readonly OnnxNode[],
  parameters: readonly ImportedParameter[],
  frozenStatistics: boolean,
): Layer {
  const used = new Set([output, ...nodes.flatMap(({ inputs }) => inputs)]);
  used.delete('');
  const sourceOf = aliasesOf(nodes);
  const trained = new Set(parameters.map(({ fileName }) => fileName));
  return (input, context) => {
    const { builder } = context;
    // Token ids come as int32; files mostly have int64.
    const taken = features.fileType === 'int64' ? cast(builder, input, 'int64') : input;
    const values = new Map<string, Value>([[features.name, taken]]);
    const statisticUses = new Map<string, number>();
    for (const { fileName, name, tensor } of parameters) {
      values.set(fileName, context.parameter(name, tensor.shape, { values: tensor.data }));
    }
    const scope: ReplayScope = {
      context,
      opset: file.opset,
      stated: file.values,
      features: input,
      fileBatch: features.batch,
      batched: new Set([features.name]),
      used,
      frozenStatistics,
      statistic(name) {
        const source = sourceOf(name);
        const tensor = file.initializers.get(source) ?? file.constants.get(source);
        if (trained.has(source) || tensor?.dtype !== 'float32') return undefined;
        const use = (statisticUses.get(name) ?? 0) + 1;
        statisticUses.set(name, use);
        // Exports for evaluation merge equal tensors, as those of new layers are: each layer gets its own again.
        const own = freeName(use === 1 ? name : `${name}.${use}`, new Set(file.initializers.keys()));
        return context.statistic(own, tensor.shape, { values: tensor.data });
      },
      value(name) {
        const tensor = file.initializers.get(name) ?? file.constants.get(name);
        const value = values.get(name) ?? (tensor && fixedTensor(builder, name, tensor));
        if (!value) throw new ConfigError(`value "${name}" must be made by an earlier node, it is not`);
        values.set(name, value);
        return value;
      },
    };
    for (const node of nodes) {
      const made = replayNode(node, scope);
      node.outputs.forEach((name, index) => {
        const value = made[index];
        if (name !== '' && value) values.set(name, value);
      });
    }
    return scope.value(output);
  };
}

/** A tensor of the file that is not trained. */
function fixedTensor(builder: GraphBuilder, name: string, tensor: OnnxTensor): Value {
  if (tensor.dtype === 'string') throw new ConfigError(`tensor "${name}" must hold numbers, got texts`);
  const { dtype, shape, data } = tensor;
  if (dtype !== 'float32') return builder.constant(dtype, shape, data);
  return data.length > MAX_CONSTANT
    ? builder.tensor(shape, data)
    : builder.constant(dtype, shape, Array.from(data));
}

/** Replays and differentiates once, so that what cannot be trained fails here. */
function probe(layer: Layer, input: FeatureInput, outputName: string): Outputs {
  const builder = createGraphBuilder();
  const targets: Value[] = [];
  const context: LayerContext = {
    builder,
    training: true,
    nextOf: () => 1,
    parameter(name, shape) {
      const value = builder.input(name, 'float32', shape);
      targets.push(value);
      return value;
    },
    statistic: (name, shape) => ({ value: builder.input(name, 'float32', shape), moveTo() {} }),
    mask: () => null,
  };
  const output = layer(
    builder.input('features', input.featureType, ['batch', ...input.featureShape]),
    context,
  );
  const outputs = outputsOf(output, outputName, 'batch');
  const gradient = builder.input('gradient', 'float32', output.shape);
  differentiate(builder, [...builder.added], output, gradient, targets);
  return outputs;
}

function checkLoss(spec: LossSpec, { count, labelShape }: Outputs): void {
  const loss = typeof spec === 'string' ? spec : spec.type;
  const perPosition = lossOf(spec).task === 'next-token';
  if (perPosition !== labelShape.length > 0) {
    const expected = perPosition ? '[batch, time, outputs]' : '[batch, outputs]';
    throw new ShapeError(
      `a model must have an output of ${expected} for ${loss}, got ${perPosition ? '[batch, outputs]' : '[batch, time, outputs]'}`,
    );
  }
  if (loss !== 'softmax-cross-entropy' && !perPosition && count !== 1) {
    throw new ShapeError(`a model must have 1 output for ${loss}, got ${count}`);
  }
}
