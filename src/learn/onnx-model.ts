/** What an ONNX file says, as plain data: the words between the decoder and the import. */
import type { Attribute, Dim, DType } from './graph.js';

/** A tensor of the file. Of texts only the shape is kept: nothing here computes with them. */
export type OnnxTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | {
      readonly dtype: Exclude<DType, 'float32'>;
      readonly shape: readonly number[];
      readonly data: readonly number[];
    }
  | { readonly dtype: 'string'; readonly shape: readonly number[] };

export type OnnxAttribute = Attribute | { readonly tensor: OnnxTensor };

/** A value whose type the file states. `dtype` is null for one we do not compute with, `shape` where it is not stated. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType | null;
  /** A text names a size that is known only when the graph runs; empty where it has no name. */
  readonly shape: readonly Dim[] | null;
}

export interface OnnxNode {
  /** The file's name of it, or one by its place, "node 3". */
  readonly name: string;
  readonly op: string;
  /** Empty names are optional inputs and outputs left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/**
 * A model file. Nodes stand in an order in which they can run; every input of theirs is there, every name is
 * given once.
 */
export interface OnnxModel {
  readonly name: string;
  /** Version of the operators, 13 to 23. */
  readonly opset: number;
  /** What must be fed: inputs that have no initialiser. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** What `Constant` nodes hold. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly nodes: readonly OnnxNode[];
  /** Types that the file states of values within the graph. */
  readonly values: ReadonlyMap<string, OnnxValue>;
}

/** How errors name a node: `node "/conv1/Conv" (Conv)`. */
export function describeNode({ name, op }: Pick<OnnxNode, 'name' | 'op'>): string {
  return `node "${name}" (${op})`;
}
