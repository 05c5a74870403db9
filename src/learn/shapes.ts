/** The element type and shape of what each operator makes; enough for the graphs that the layers build. */
import { ConfigError, ShapeError } from '../errors.js';
import { integerOf, integersOf } from './attributes.js';
import type { Attributes, Dim, DType, Value } from './graph.js';

/** Element type and shape of a value. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

type Inputs = readonly (Value | null)[];
type Rule = (inputs: Inputs, attributes: Attributes) => ValueType[];

/**
 * What a node of operator `op` makes of its inputs.
 *
 * @throws {ConfigError} for an operator that is not in the table.
 * @throws {ShapeError} for inputs that do not fit.
 */
export function inferOutputs(op: string, inputs: Inputs, attributes: Attributes): ValueType[] {
  const rule = rules[op];
  if (!rule) throw new ConfigError(`the shape of what "${op}" makes must be stated, it is not inferred`);
  return rule(inputs, attributes);
}

const sameAsFirst: Rule = ([first]) => [{ dtype: must(first).dtype, shape: must(first).shape }];
const broadcast: Rule = ([a, b]) => [{ dtype: must(a).dtype, shape: broadcastShapes(must(a), must(b)) }];
const compared: Rule = ([a, b]) => [{ dtype: 'bool', shape: broadcastShapes(must(a), must(b)) }];

const rules: Readonly<Record<string, Rule>> = {
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Equal: compared,
  Greater: compared,
  LogSoftmax: sameAsFirst,
  Neg: sameAsFirst,
  Relu: sameAsFirst,
  Sigmoid: sameAsFirst,
  Softmax: sameAsFirst,
  Softplus: sameAsFirst,
  Flatten: ([x]) => [{ dtype: must(x).dtype, shape: [dim(x, 0), elementCount(must(x).shape.slice(1))] }],
  Transpose: ([x], attributes) => [
    { dtype: must(x).dtype, shape: integersOf(attributes, 'perm').map((axis) => dim(x, axis)) },
  ],
  Gemm: ([a, b], attributes) => {
    const [rows, inner] = matrixSizes(a, integerOf(attributes, 'transA', 0));
    const [innerOfB, columns] = matrixSizes(b, integerOf(attributes, 'transB', 0));
    if (inner !== innerOfB) {
      throw new ShapeError(`Gemm must have equal inner sizes, got ${describe(a)} and ${describe(b)}`);
    }
    return [{ dtype: 'float32', shape: [rows, columns] }];
  },
  Conv: ([x, w], attributes) => {
    if (dim(x, 1) !== dim(w, 1)) {
      throw new ShapeError(`Conv must have equal channels, got ${describe(x)} and ${describe(w)}`);
    }
    return [
      { dtype: 'float32', shape: [dim(x, 0), dim(w, 0), ...windows(x, must(w).shape.slice(2), attributes)] },
    ];
  },
  MaxPool: ([x], attributes) => {
    const shape = [dim(x, 0), dim(x, 1), ...windows(x, integersOf(attributes, 'kernel_shape'), attributes)];
    return [{ dtype: 'float32', shape }];
  },
};

/** The product of sizes that must all be known. */
export function elementCount(shape: readonly Dim[]): number {
  return shape.reduce<number>((product, size) => product * known(size), 1);
}

/** A size that must be known now. */
export function known(size: Dim): number {
  if (typeof size === 'string') throw new ShapeError(`a size must be known here, got "${size}"`);
  return size;
}

/** How many places a window takes along each spatial axis (axes 2 and up). */
function windows(x: Value | null | undefined, kernel: readonly Dim[], attributes: Attributes): number[] {
  const pads = integersOf(attributes, 'pads');
  const strides = integersOf(attributes, 'strides');
  return kernel.map((size, axis) => {
    const padded = known(dim(x, axis + 2)) + (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
    const places = Math.floor((padded - known(size)) / (strides[axis] ?? 1)) + 1;
    if (places < 1) throw new ShapeError(`the window must fit into its input, got ${size} on ${describe(x)}`);
    return places;
  });
}

function broadcastShapes(a: Value, b: Value): Dim[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a.shape[axis - rank + a.shape.length] ?? 1;
    const right = b.shape[axis - rank + b.shape.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new ShapeError(`shapes must broadcast, got ${describe(a)} and ${describe(b)}`);
  });
}

function matrixSizes(value: Value | null | undefined, transposed: number): [Dim, Dim] {
  if (must(value).shape.length !== 2) throw new ShapeError(`Gemm must have matrices, got ${describe(value)}`);
  return transposed ? [dim(value, 1), dim(value, 0)] : [dim(value, 0), dim(value, 1)];
}

function must(value: Value | null | undefined): Value {
  if (!value) throw new ShapeError('an operator lacks a required input');
  return value;
}

function dim(value: Value | null | undefined, axis: number): Dim {
  const size = must(value).shape[axis];
  if (size === undefined) throw new ShapeError(`${describe(value)} must have an axis ${axis}`);
  return size;
}

function describe(value: Value | null | undefined): string {
  return `"${must(value).name}" [${must(value).shape.join(', ')}]`;
}
