/** Reads the nodes of an ONNX file and their attributes. */
import { ConfigError } from '../errors.js';
import { describeNode, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './onnx-model.js';
import { decodeTensor, type ExternalData } from './onnx-tensor.js';
import {
  bytesOf,
  integerOf,
  pushFloats,
  pushIntegers,
  textOf,
  type WireField,
  wireFields,
} from './wire-reader.js';

/** Numbers of the kinds of attributes. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const TENSOR = 4;
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;
const KINDS_REFUSED: Readonly<Record<number, string>> = {
  5: 'a graph',
  9: 'tensors',
  10: 'graphs',
  11: 'a sparse tensor',
  12: 'sparse tensors',
};

/**
 * Decodes a `NodeProto`.
 *
 * @param index its place in the file, for its name where it has none
 * @returns the node and, for one of operator `Constant`, what it holds
 * @throws {ConfigError} for an operator of another domain than the standard one, or with a graph inside.
 */
export function decodeNode(
  bytes: Uint8Array,
  index: number,
  externalData: ExternalData | undefined,
): { node: OnnxNode; constant?: OnnxTensor } {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const encoded: Uint8Array[] = [];
  let [name, op, domain] = ['', '', ''];
  for (const field of wireFields(bytes, `node ${index}`)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) op = textOf(field);
    else if (field.number === 5) encoded.push(bytesOf(field));
    else if (field.number === 7) domain = textOf(field);
  }
  const label = { name: name === '' ? `node ${index}` : name, op };
  const where = describeNode(label);
  if (!/^[A-Z][A-Za-z\d]*$/.test(op)) throw new ConfigError(`${where} must have the name of an operator`);
  if (domain === 'ai.onnx.ml') {
    throw new ConfigError(
      `${where} must be of the standard ONNX operators, got one of scikit-learn's (ai.onnx.ml): ${op === 'ZipMap' ? 'export without it (zipmap=False), and ' : ''}build the model of MatMul, Add and activations, as PyTorch and Keras export it`,
    );
  }
  if (domain !== '' && domain !== 'ai.onnx') {
    throw new ConfigError(`${where} must be of the standard ONNX operators, got domain "${domain}"`);
  }
  const entries = encoded.map((attribute) => decodeAttribute(attribute, where, externalData));
  const attributes: Record<string, OnnxAttribute> = Object.fromEntries(entries);
  if (Object.keys(attributes).length < entries.length) {
    throw new ConfigError(`${where} must have every attribute once`);
  }
  const node = { ...label, inputs, outputs, attributes };
  return op === 'Constant' ? { node, constant: constantOf(node) } : { node };
}

/** Name and value of an `AttributeProto`. */
function decodeAttribute(
  bytes: Uint8Array,
  node: string,
  externalData: ExternalData | undefined,
): [string, OnnxAttribute] {
  let [name, kind] = ['', 0];
  const values = new Map<number, WireField>();
  const ints: number[] = [];
  const floats: number[] = [];
  const strings: string[] = [];
  for (const field of wireFields(bytes, `an attribute of ${node}`)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 20) kind = integerOf(field);
    else if (field.number === 7) pushFloats(field, 4, floats);
    else if (field.number === 8) pushIntegers(field, ints);
    else if (field.number === 9) strings.push(textOf(field));
    else values.set(field.number, field);
  }
  const where = `attribute "${name}" of ${node}`;
  const value = (): OnnxAttribute => {
    const [float, integer, text, tensor] = [2, 3, 4, 5].map((number) => values.get(number));
    if (kind === FLOAT) {
      const single: number[] = [];
      if (float) pushFloats(float, 4, single);
      return { float: single[0] ?? 0 };
    }
    if (kind === INT) return { int: integer ? integerOf(integer) : 0 };
    if (kind === STRING) return { string: text ? textOf(text) : '' };
    if (kind === FLOATS) return { floats };
    if (kind === INTS) return { ints };
    if (kind === STRINGS) return { strings };
    if (kind === TENSOR && tensor) return decodeTensor(bytesOf(tensor), where, externalData);
    throw new ConfigError(
      `${where} must be a number, a text, a list or a tensor, got ${KINDS_REFUSED[kind] ?? `kind ${kind}`}`,
    );
  };
  return [name, value()];
}

/** What a `Constant` node holds, in whichever of its attributes. */
function constantOf(node: OnnxNode): OnnxTensor {
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  const float = (shape: number[], values: readonly number[]): OnnxTensor => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(values),
  });
  if (value && 'tensor' in value) return value.tensor;
  if (value_float && 'float' in value_float) return float([], [value_float.float]);
  if (value_floats && 'floats' in value_floats) {
    return float([value_floats.floats.length], value_floats.floats);
  }
  if (value_int && 'int' in value_int) return { dtype: 'int64', shape: [], data: [value_int.int] };
  if (value_ints && 'ints' in value_ints) {
    return { dtype: 'int64', shape: [value_ints.ints.length], data: value_ints.ints };
  }
  throw new ConfigError(
    `${describeNode(node)} must hold numbers, got ${Object.keys(node.attributes).join(', ') || 'nothing'}`,
  );
}
