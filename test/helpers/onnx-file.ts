/** Writes ONNX files for tests, sound or not: nothing is checked. */
import { createWireWriter, type WireWriter } from '../../src/learn/wire.js';

/** A `TensorProto`: `integers` are fields by number, as given. */
export interface TensorFields {
  readonly name?: string;
  readonly dims?: readonly number[];
  /** 1 float32, 6 int32, 7 int64, 8 string, 9 bool, 10 float16, 11 float64. */
  readonly type?: number;
  readonly raw?: Uint8Array;
  readonly floats?: readonly number[];
  readonly int32s?: readonly number[];
  readonly int64s?: readonly number[];
  readonly external?: Readonly<Record<string, string>>;
  readonly segment?: boolean;
}

/** A node; `write` adds attributes. */
export interface NodeFields {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, (body: WireWriter) => void>>;
}

/** A value and its type; a text is a size known only at run time. */
interface ValueFields {
  readonly name: string;
  readonly type?: number;
  readonly shape?: readonly (number | string)[];
}

export interface FileFields {
  readonly irVersion?: number;
  readonly opset?: number;
  readonly nodes?: readonly NodeFields[];
  readonly tensors?: readonly TensorFields[];
  readonly inputs?: readonly ValueFields[];
  readonly outputs?: readonly ValueFields[];
  readonly values?: readonly ValueFields[];
  /** Anything more in the graph. */
  readonly more?: (graph: WireWriter) => void;
}

/** The bytes of a model file; format 8 and opset 17 unless said otherwise. */
export function onnxFile(file: FileFields): Uint8Array {
  const model = createWireWriter();
  model.integer(1, file.irVersion ?? 8);
  model.message(7, (graph) => {
    for (const node of file.nodes ?? []) graph.message(1, (body) => writeNode(body, node));
    for (const tensor of file.tensors ?? []) graph.message(5, (body) => writeTensor(body, tensor));
    for (const value of file.inputs ?? []) graph.message(11, (body) => writeValue(body, value));
    for (const value of file.outputs ?? []) graph.message(12, (body) => writeValue(body, value));
    for (const value of file.values ?? []) graph.message(13, (body) => writeValue(body, value));
    file.more?.(graph);
  });
  model.message(8, (opset) => opset.integer(2, file.opset ?? 17));
  return model.finish();
}

export const intAttribute = (value: number) => (body: WireWriter) => {
  body.integer(3, value);
  body.integer(20, 2);
};

export const floatAttribute = (value: number) => (body: WireWriter) => {
  body.float(2, value);
  body.integer(20, 1);
};

export const textAttribute = (value: string) => (body: WireWriter) => {
  body.text(4, value);
  body.integer(20, 3);
};

export const tensorAttribute = (tensor: TensorFields) => (body: WireWriter) => {
  body.message(5, (inner) => writeTensor(inner, tensor));
  body.integer(20, 4);
};

export const intsAttribute = (values: readonly number[]) => (body: WireWriter) => {
  for (const value of values) body.integer(8, value);
  body.integer(20, 7);
};

function writeNode(body: WireWriter, node: NodeFields): void {
  for (const name of node.inputs ?? []) body.text(1, name);
  for (const name of node.outputs ?? []) body.text(2, name);
  if (node.name !== undefined) body.text(3, node.name);
  body.text(4, node.op);
  for (const [name, write] of Object.entries(node.attributes ?? {})) {
    body.message(5, (attribute) => {
      attribute.text(1, name);
      write(attribute);
    });
  }
  if (node.domain !== undefined) body.text(7, node.domain);
}

function writeTensor(body: WireWriter, tensor: TensorFields): void {
  for (const size of tensor.dims ?? []) body.integer(1, size);
  body.integer(2, tensor.type ?? 1);
  if (tensor.segment) body.message(3, () => {});
  for (const value of tensor.floats ?? []) body.float(4, value);
  for (const value of tensor.int32s ?? []) body.integer(5, value);
  for (const value of tensor.int64s ?? []) body.integer(7, value);
  if (tensor.name !== undefined) body.text(8, tensor.name);
  if (tensor.raw) body.bytes(9, tensor.raw);
  for (const [key, value] of Object.entries(tensor.external ?? {})) {
    body.message(13, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
  if (tensor.external) body.integer(14, 1);
}

function writeValue(body: WireWriter, { name, type = 1, shape }: ValueFields): void {
  body.text(1, name);
  body.message(2, (outer) =>
    outer.message(1, (tensor) => {
      tensor.integer(1, type);
      if (!shape) return;
      tensor.message(2, (dims) => {
        for (const size of shape) {
          dims.message(1, (dim) => (typeof size === 'number' ? dim.integer(1, size) : dim.text(2, size)));
        }
      });
    }),
  );
}
