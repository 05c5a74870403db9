/** Shapes of matrix products, convolutions, pools and normalisations. */
import { ShapeError } from '../../errors.js';
import { integerOf, integersOf } from '../attributes.js';
import type { Dim, Value } from '../graph.js';
import { placesOf, windowsOf } from '../windows.js';
import { productOf, sumOf } from './dims.js';
import { axisOf, broadcastShapes, describe, dim, must, type ShapeRule } from './rule.js';

const pool: ShapeRule = ([x], attributes, outputCount) => {
  const windows = windowsOf(must(x), integersOf(attributes, 'kernel_shape'), attributes);
  const shape = [dim(x, 0), dim(x, 1), ...placesOf(must(x), windows)];
  return [
    { dtype: 'float32' as const, shape },
    { dtype: 'int64' as const, shape },
  ].slice(0, outputCount);
};

const globalPool: ShapeRule = ([x]) => [
  { dtype: 'float32', shape: must(x).shape.map((size, axis) => (axis < 2 ? size : 1)) },
];

export const matrixShapes = {
  Gemm: ([a, b], attributes) => {
    for (const { name, dtype } of [must(a), must(b)]) {
      if (dtype !== 'float32') throw new ShapeError(`Gemm must have float32, got "${name}" of ${dtype}`);
    }
    const [rows, inner] = matrixSizes(a, integerOf(attributes, 'transA', 0));
    const [innerOfB, columns] = matrixSizes(b, integerOf(attributes, 'transB', 0));
    if (inner !== innerOfB) {
      throw new ShapeError(`Gemm must have equal inner sizes, got ${describe(a)} and ${describe(b)}`);
    }
    return [{ dtype: 'float32', shape: [rows, columns] }];
  },
  MatMul: ([a, b]) => {
    const [left, right] = [must(a).shape, must(b).shape];
    const inner = right.at(right.length === 1 ? -1 : -2);
    if (left.length === 0 || right.length === 0 || left.at(-1) !== inner) {
      throw new ShapeError(`MatMul must have equal inner sizes, got ${describe(a)} and ${describe(b)}`);
    }
    const stack = broadcastShapes([stackOf(must(a)), stackOf(must(b))]);
    return [
      {
        dtype: 'float32',
        shape: [...stack, ...left.slice(-2, -1), ...(right.length === 1 ? [] : right.slice(-1))],
      },
    ];
  },
  Conv: ([x, w], attributes) => {
    const windows = windowsOf(must(x), must(w).shape.slice(2), attributes);
    if (dim(x, 1) !== productOf([dim(w, 1), windows.group])) {
      throw new ShapeError(`Conv must have equal channels, got ${describe(x)} and ${describe(w)}`);
    }
    return [{ dtype: 'float32', shape: [dim(x, 0), dim(w, 0), ...placesOf(must(x), windows)] }];
  },
  ConvTranspose: ([x, w], attributes) => {
    const { group, kernel, strides, dilations, begins, ends } = windowsOf(
      must(x),
      must(w).shape.slice(2),
      attributes,
    );
    if (dim(x, 1) !== dim(w, 0)) {
      throw new ShapeError(`ConvTranspose must have equal channels, got ${describe(x)} and ${describe(w)}`);
    }
    const added = integersOf(attributes, 'output_padding');
    const sizes = kernel.map((size, axis) => {
      const rest = (size - 1) * (dilations[axis] ?? 1) + 1 + (added[axis] ?? 0);
      const strided = productOf([sumOf(dim(x, axis + 2), -1), strides[axis] ?? 1]);
      return sumOf(strided, rest - (begins[axis] ?? 0) - (ends[axis] ?? 0));
    });
    return [{ dtype: 'float32', shape: [dim(x, 0), productOf([dim(w, 1), group]), ...sizes] }];
  },
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  /** While training, the running statistics must be asked for. */
  BatchNormalization: ([x, , , mean, variance], attributes, outputCount) => {
    const count = integerOf(attributes, 'training_mode', 0) === 1 ? 3 : outputCount;
    return [must(x), must(mean), must(variance)]
      .slice(0, count)
      .map(({ shape }) => ({ dtype: 'float32', shape }));
  },
  InstanceNormalization: ([x]) => [{ dtype: 'float32', shape: must(x).shape }],
  LayerNormalization: ([x], attributes, outputCount) => {
    const { shape } = must(x);
    const first = axisOf(integerOf(attributes, 'axis', -1), shape.length);
    const reduced = shape.map((size, axis) => (axis < first ? size : 1));
    return [shape, reduced, reduced].slice(0, outputCount).map((each) => ({ dtype: 'float32', shape: each }));
  },
} satisfies Record<string, ShapeRule>;

function matrixSizes(value: Value | null | undefined, transposed: number): [Dim, Dim] {
  if (must(value).shape.length !== 2) throw new ShapeError(`Gemm must have matrices, got ${describe(value)}`);
  return transposed ? [dim(value, 1), dim(value, 0)] : [dim(value, 0), dim(value, 1)];
}

/** The axes that count the matrices of a stack. */
function stackOf(value: Value): Value {
  return { ...value, shape: value.shape.slice(0, -2) };
}
