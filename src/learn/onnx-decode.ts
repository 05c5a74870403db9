/** Reads ONNX model files (protocol buffers, github.com/onnx/onnx/blob/main/onnx/onnx.proto) of unknown origin. */
import { ConfigError } from '../errors.js';
import type { Dim, DType } from './graph.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.js';
import { decodeNode } from './onnx-node.js';
import { inRunningOrder } from './onnx-order.js';
import { decodeTensor, type ExternalData } from './onnx-tensor.js';
import { bytesOf, integerOf, textOf, wireFields } from './wire-reader.js';

/** Versions of the file format and of the operators that can be read. */
const IR_VERSIONS = [3, 13] as const;
const OPSETS = [13, 23] as const;

/** Nodes, or tensors, or values of one file. The largest models in use have a tenth of it. */
const MAX_COUNT = 100_000;

const DTYPES: Readonly<Record<number, DType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool' };

/** How data beside the model is had; models of up to 2 GB usually hold all of theirs. */
export interface DecodeOptions {
  readonly externalData?: ExternalData;
}

/**
 * Reads a model. Memory stays within a small multiple of the size of the file.
 *
 * @param bytes a `.onnx` file of operator set 13 to 23, standard domain only
 * @throws {ConfigError} when the bytes are no such file, or say what no graph can: cycles, names given twice,
 *   inputs from nowhere.
 * @throws {ShapeError} when sizes are negative or do not fit the data.
 */
export function decodeOnnx(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  let irVersion = 0;
  let opset: number | undefined;
  let graph: Uint8Array | undefined;
  for (const field of wireFields(bytes, 'the file')) {
    if (field.number === 1) irVersion = integerOf(field);
    else if (field.number === 8) opset = decodeOpset(bytesOf(field)) ?? opset;
    else if (field.number === 7) {
      if (graph) throw new ConfigError('bytes must be an ONNX model, got two graphs in the file');
      graph = bytesOf(field);
    }
  }
  if (!graph) throw new ConfigError('bytes must be an ONNX model, got a file without a graph');
  checkRange('of the ONNX format', irVersion, IR_VERSIONS);
  checkRange('of the standard operators', opset, OPSETS);
  return { ...decodeGraph(graph, options.externalData), opset: opset as number };
}

function checkRange(what: string, version: number | undefined, [from, to]: readonly [number, number]): void {
  if (version !== undefined && version >= from && version <= to) return;
  throw new ConfigError(`bytes must have a version ${from} to ${to} ${what}, got ${version ?? 'none'}`);
}

/** The version of the standard domain; undefined for another domain, which matters only where a node is of it. */
function decodeOpset(bytes: Uint8Array): number | undefined {
  let [domain, version] = ['', 0];
  for (const field of wireFields(bytes, 'the operator set')) {
    if (field.number === 1) domain = textOf(field);
    else if (field.number === 2) version = integerOf(field);
  }
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
}

function decodeGraph(bytes: Uint8Array, externalData: ExternalData | undefined): Omit<OnnxModel, 'opset'> {
  let name = '';
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const stated: OnnxValue[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const constants = new Map<string, OnnxTensor>();
  const nodes: OnnxNode[] = [];
  let count = 0;
  for (const field of wireFields(bytes, 'the graph')) {
    if (field.number === 2) name = textOf(field);
    if (![1, 5, 11, 12, 13, 15].includes(field.number)) continue;
    if (++count > 4 * MAX_COUNT) throw new ConfigError(`bytes must have at most ${4 * MAX_COUNT} parts`);
    const part = bytesOf(field);
    if (field.number === 1) {
      const { node, constant } = decodeNode(part, nodes.length + constants.size, externalData);
      if (constant) addTo(constants, node.outputs[0] ?? '', constant);
      else nodes.push(node);
    } else if (field.number === 5) {
      const { name: label, tensor } = decodeTensor(part, `initialiser ${initializers.size}`, externalData);
      addTo(initializers, label, tensor);
    } else if (field.number === 11) inputs.push(decodeValue(part));
    else if (field.number === 12) outputs.push(decodeValue(part));
    else if (field.number === 13) stated.push(decodeValue(part));
    else throw new ConfigError('initialisers must be dense, got a sparse one');
  }
  if (nodes.length > MAX_COUNT) {
    throw new ConfigError(`bytes must have at most ${MAX_COUNT} nodes, got ${nodes.length}`);
  }
  return {
    name,
    inputs: inputs.filter((input) => !initializers.has(input.name)),
    outputs,
    initializers,
    constants,
    nodes: inRunningOrder(nodes, inputs, [initializers, constants], outputs),
    values: new Map(stated.map((value) => [value.name, value])),
  };
}

function addTo(tensors: Map<string, OnnxTensor>, name: string, tensor: OnnxTensor): void {
  if (name === '') throw new ConfigError('initialisers and constants must have names, got one without');
  if (tensors.has(name)) throw new ConfigError(`every value must have one origin, got two for "${name}"`);
  tensors.set(name, tensor);
}

/** A `ValueInfoProto`. */
function decodeValue(bytes: Uint8Array): OnnxValue {
  let name = '';
  let type: Uint8Array | undefined;
  for (const field of wireFields(bytes, 'a value')) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) type = bytesOf(field);
  }
  const where = `value "${name}"`;
  let tensor: Uint8Array | undefined;
  if (type) for (const field of wireFields(type, where)) if (field.number === 1) tensor = bytesOf(field);
  let dtype: DType | null = null;
  let shape: Dim[] | null = null;
  for (const field of wireFields(tensor ?? new Uint8Array(), where)) {
    if (field.number === 1) dtype = DTYPES[integerOf(field)] ?? null;
    else if (field.number === 2) shape = decodeShape(bytesOf(field), where);
  }
  return { name, dtype, shape };
}

function decodeShape(bytes: Uint8Array, where: string): Dim[] {
  const shape: Dim[] = [];
  for (const field of wireFields(bytes, where)) {
    if (field.number !== 1) continue;
    let size: Dim = '';
    for (const part of wireFields(bytesOf(field), where)) {
      if (part.number === 1) size = integerOf(part);
      else if (part.number === 2) size = textOf(part);
    }
    if (typeof size === 'number' && size < 0) {
      throw new ConfigError(`${where} must have sizes of 0 or more, got ${size}`);
    }
    shape.push(size);
  }
  return shape;
}
