/** Writes a graph as an ONNX file (protocol buffers, github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
import type { Attribute, Constant, DType, Graph, GraphNode, GraphTensor, Value } from './graph.js';
import { createWireWriter, type WireWriter } from './wire.js';

const IR_VERSION = 8;
const OPSET_VERSION = 17;

const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

/** The bytes of an ONNX model (opset 17) that holds the graph. */
export function encodeOnnx(graph: Graph): Uint8Array {
  const model = createWireWriter();
  model.integer(1, IR_VERSION);
  model.text(2, 'tessera');
  model.message(7, (body) => writeGraph(body, graph));
  model.message(8, (opset) => {
    opset.text(1, '');
    opset.integer(2, OPSET_VERSION);
  });
  return model.finish();
}

function writeGraph(writer: WireWriter, graph: Graph): void {
  for (const node of graph.nodes) writer.message(1, (body) => writeNode(body, node));
  writer.text(2, 'tessera');
  for (const constant of graph.constants) writer.message(5, (body) => writeConstant(body, constant));
  for (const tensor of graph.tensors) writer.message(5, (body) => writeTensor(body, tensor));
  for (const input of graph.inputs) writer.message(11, (body) => writeValue(body, input));
  for (const output of graph.outputs) writer.message(12, (body) => writeValue(body, output));
  for (const value of graph.intermediates) writer.message(13, (body) => writeValue(body, value));
}

function writeNode(writer: WireWriter, node: GraphNode): void {
  for (const name of node.inputs) writer.text(1, name);
  for (const name of node.outputs) writer.text(2, name);
  writer.text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (body) => writeAttribute(body, name, attribute));
  }
}

function writeAttribute(writer: WireWriter, name: string, attribute: Attribute): void {
  writer.text(1, name);
  if ('int' in attribute) {
    writer.integer(3, attribute.int);
    writer.integer(20, ATTRIBUTE_TYPE.int);
  } else if ('float' in attribute) {
    writer.float(2, attribute.float);
    writer.integer(20, ATTRIBUTE_TYPE.float);
  } else if ('ints' in attribute) {
    for (const value of attribute.ints) writer.integer(8, value);
    writer.integer(20, ATTRIBUTE_TYPE.ints);
  } else if ('floats' in attribute) {
    for (const value of attribute.floats) writer.float(7, value);
    writer.integer(20, ATTRIBUTE_TYPE.floats);
  } else if ('strings' in attribute) {
    for (const value of attribute.strings) writer.text(9, value);
    writer.integer(20, ATTRIBUTE_TYPE.strings);
  } else {
    writer.text(4, attribute.string);
    writer.integer(20, ATTRIBUTE_TYPE.string);
  }
}

function writeConstant(writer: WireWriter, { name, dtype, shape, data }: Constant): void {
  for (const size of shape) writer.integer(1, size);
  writer.integer(2, ELEMENT_TYPE[dtype]);
  if (dtype === 'float32') for (const value of data) writer.float(4, value);
  else for (const value of data) writer.integer(dtype === 'int64' ? 7 : 5, value);
  writer.text(8, name);
}

/** As raw bytes, little-endian like the host. */
function writeTensor(writer: WireWriter, { name, shape, values }: GraphTensor): void {
  for (const size of shape) writer.integer(1, size);
  writer.integer(2, ELEMENT_TYPE.float32);
  writer.text(8, name);
  writer.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeValue(writer: WireWriter, { name, dtype, shape }: Value): void {
  writer.text(1, name);
  writer.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, ELEMENT_TYPE[dtype]);
      tensor.message(2, (dims) => {
        for (const size of shape) {
          dims.message(1, (dim) => (typeof size === 'number' ? dim.integer(1, size) : dim.text(2, size)));
        }
      });
    }),
  );
}
