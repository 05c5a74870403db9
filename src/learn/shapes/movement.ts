/** Shapes of operators that reduce axes, move elements, or make tensors of shapes. */
import { ConfigError, ShapeError } from '../../errors.js';
import { integerOf, integersOf } from '../attributes.js';
import type { Dim, Value } from '../graph.js';
import { nested, productOf, quotientOf, sumOf } from './dims.js';
import {
  axesOf,
  axisOf,
  broadcastShapes,
  describe,
  dim,
  elementsOf,
  must,
  mustElements,
  mustNumbers,
  type ShapeRule,
  sameAsFirst,
} from './rule.js';
import { slicesOf } from './slices.js';

const reduction =
  (op: string): ShapeRule =>
  (inputs, attributes) => {
    const { dtype, shape } = must(inputs[0]);
    const reduced = reducedAxes(op, inputs, attributes);
    const keep = integerOf(attributes, 'keepdims', 1) === 1;
    return [
      { dtype, shape: shape.flatMap((size, axis) => (reduced.includes(axis) ? (keep ? [1] : []) : [size])) },
    ];
  };

/** The axes that a reduction sums over: all, where none are named (and that is not switched off). */
export function reducedAxes(...[op, inputs, attributes]: Parameters<typeof axesOf>): number[] {
  const rank = must(inputs[0]).shape.length;
  const axes = axesOf(op, inputs, attributes);
  if (axes && axes.length > 0) return axes.map((axis) => axisOf(axis, rank));
  return integerOf(attributes, 'noop_with_empty_axes', 0) === 1 ? [] : [...Array(rank).keys()];
}

const reductions = ['L1', 'L2', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map(
  (kind) => [`Reduce${kind}`, reduction(`Reduce${kind}`)] as const,
);

const argument: ShapeRule = ([x], attributes) => {
  const { shape } = must(x);
  const at = axisOf(integerOf(attributes, 'axis', 0), shape.length);
  const kept = integerOf(attributes, 'keepdims', 1) === 1 ? [1] : [];
  return [{ dtype: 'int64', shape: shape.toSpliced(at, 1, ...kept) }];
};

export const movementShapes = {
  ...Object.fromEntries(reductions),
  ArgMax: argument,
  ArgMin: argument,
  Concat: (inputs, attributes) => {
    const parts = inputs.map(must);
    const { dtype, shape } = must(parts[0]);
    const axis = axisOf(integerOf(attributes, 'axis', 0), shape.length);
    const size = parts.reduce<Dim>((sum, part) => sumOf(sum, dim(part, axis)), 0);
    const elements = parts.map(elementsOf);
    return [
      {
        dtype,
        shape: shape.with(axis, size),
        ...(elements.every((part) => part !== undefined) ? { elements: elements.flat() } : {}),
      },
    ];
  },
  ConstantOfShape: ([shape]) => [
    { dtype: 'float32', shape: mustElements('ConstantOfShape', 'the shape', shape) },
  ],
  Expand: ([x, target]) => {
    const shape = mustElements('Expand', 'the shape', target);
    return [{ dtype: must(x).dtype, shape: broadcastShapes([must(x), { ...must(target), shape }]) }];
  },
  Flatten: ([x], attributes) => {
    const { dtype, shape } = must(x);
    const axis = integerOf(attributes, 'axis', 1);
    const at = axis < 0 ? axis + shape.length : axis;
    return [{ dtype, shape: [productOf(shape.slice(0, at)), productOf(shape.slice(at))] }];
  },
  Gather: ([x, indices], attributes) => {
    const { dtype, shape } = must(x);
    const axis = axisOf(integerOf(attributes, 'axis', 0), shape.length);
    const [from, at] = [elementsOf(x), elementsOf(indices)];
    const elements = from && at?.map((index) => from.at(Number(index)) ?? Number.NaN);
    return [
      {
        dtype,
        shape: shape.toSpliced(axis, 1, ...must(indices).shape),
        ...(elements ? { elements } : {}),
      },
    ];
  },
  GatherElements: ([x, indices]) => [{ dtype: must(x).dtype, shape: must(indices).shape }],
  OneHot: ([indices, depth, values], attributes) => {
    const { shape } = must(indices);
    const axis = axisOf(integerOf(attributes, 'axis', -1), shape.length + 1);
    const size = mustElements('OneHot', 'the depth', depth)[0] ?? 0;
    return [{ dtype: must(values).dtype, shape: shape.toSpliced(axis, 0, size) }];
  },
  Pad: ([x, pads, , axes]) => {
    const { dtype, shape } = must(x);
    const counts = mustNumbers('Pad', 'the pads', pads);
    const padded = axes
      ? mustNumbers('Pad', 'axes', axes).map((axis) => axisOf(axis, shape.length))
      : [...shape.keys()];
    const added = (axis: number) => {
      const at = padded.indexOf(axis);
      return at < 0 ? 0 : (counts[at] ?? 0) + (counts[at + padded.length] ?? 0);
    };
    return [{ dtype, shape: shape.map((size, axis) => sumOf(size, added(axis))) }];
  },
  Range: (inputs) => {
    const [start, limit, step] = inputs.map((input) => elementsOf(input)?.[0]);
    const numbers = [start, limit, step].every((each) => typeof each === 'number');
    const size = numbers
      ? Math.max(Math.ceil((Number(limit) - Number(start)) / Number(step)), 0)
      : start === 0 && step === 1 && limit !== undefined
        ? limit
        : nested(`range ${inputs.map((input) => must(input).name).join(' ')}`);
    return [{ dtype: must(inputs[0]).dtype, shape: [size] }];
  },
  Reshape: ([x, target], attributes) => {
    const { dtype } = must(x);
    const asked = mustElements('Reshape', 'the shape', target);
    const copies = integerOf(attributes, 'allowzero', 0) === 0;
    const sizes = asked.map((size, axis) => (size === 0 && copies ? dim(x, axis) : size));
    const elements = elementsOf(x);
    return [{ dtype, shape: fitted(must(x), sizes), ...(elements ? { elements } : {}) }];
  },
  Shape: ([x], attributes) => {
    const { shape } = must(x);
    const elements = shape.slice(
      integerOf(attributes, 'start', 0),
      integerOf(attributes, 'end', shape.length),
    );
    return [{ dtype: 'int64', shape: [elements.length], elements }];
  },
  Size: ([x]) => [{ dtype: 'int64', shape: [], elements: [productOf(must(x).shape)] }],
  Slice: (inputs) => {
    const [x] = inputs;
    const slices = slicesOf(inputs);
    const shape = must(x).shape.map((size, axis) => slices.get(axis)?.count ?? size);
    const [elements, slice] = [elementsOf(x), slices.get(0)];
    if (!elements || !slice || slice.first === undefined) return [{ dtype: must(x).dtype, shape }];
    const { first, step } = slice;
    const kept = Array.from({ length: Number(slice.count) }, (_, at) => elements[first + at * step] ?? 0);
    return [{ dtype: must(x).dtype, shape, elements: kept }];
  },
  Split: ([x, sizes], attributes, outputCount) => {
    const { dtype, shape } = must(x);
    const axis = axisOf(integerOf(attributes, 'axis', 0), shape.length);
    const count = integerOf(attributes, 'num_outputs', outputCount);
    const parts = sizes ? mustElements('Split', 'the sizes', sizes) : evenParts(shape[axis] ?? 0, count);
    return parts.map((size) => ({ dtype, shape: shape.with(axis, size) }));
  },
  Squeeze: (inputs, attributes) => {
    const { dtype, shape } = must(inputs[0]);
    const axes = axesOf('Squeeze', inputs, attributes)?.map((axis) => axisOf(axis, shape.length));
    const elements = elementsOf(inputs[0]);
    const kept = shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
    return [{ dtype, shape: kept, ...(elements ? { elements } : {}) }];
  },
  Tile: ([x, repeats]) => {
    const counts = mustElements('Tile', 'the repeats', repeats);
    const { dtype, shape } = must(x);
    return [{ dtype, shape: shape.map((size, axis) => productOf([size, counts[axis] ?? 1])) }];
  },
  Transpose: ([x], attributes) => [
    {
      dtype: must(x).dtype,
      shape: permutationOf(must(x), integersOf(attributes, 'perm')).map((axis) => dim(x, axis)),
    },
  ],
  Unsqueeze: (inputs, attributes) => {
    const { dtype, shape } = must(inputs[0]);
    const named = axesOf('Unsqueeze', inputs, attributes) ?? [];
    const rank = shape.length + named.length;
    const axes = named.map((axis) => axisOf(axis, rank));
    const rest = [...shape];
    const elements = elementsOf(inputs[0]);
    const made = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1)));
    return [{ dtype, shape: made, ...(elements ? { elements } : {}) }];
  },
  ScatterND: sameAsFirst,
} satisfies Record<string, ShapeRule>;

/** The order of axes: as given, or the reverse where none is. */
export function permutationOf({ shape }: Value, perm: readonly number[]): readonly number[] {
  return perm.length > 0 ? perm : [...shape.keys()].reverse();
}

/** Sizes with the one that is -1 worked out. */
function fitted(x: Value, sizes: readonly Dim[]): Dim[] {
  const rest = sizes.filter((size) => size !== -1);
  if (rest.length === sizes.length) {
    const [before, after] = [productOf(x.shape), productOf(sizes)];
    if (typeof before === 'number' && typeof after === 'number' && before !== after) {
      throw new ShapeError(
        `Reshape must keep the number of elements, got ${describe(x)} to [${sizes.join(', ')}]`,
      );
    }
    return [...sizes];
  }
  const missing = quotientOf(x.shape, rest);
  return sizes.map((size) => (size === -1 ? missing : size));
}

function evenParts(size: Dim, count: number): Dim[] {
  if (typeof size === 'string') {
    throw new ConfigError(`the sizes of Split must be stated where the axis is "${size}", got none`);
  }
  const each = Math.ceil(size / count);
  return Array.from({ length: count }, (_, part) => Math.min(each, size - part * each));
}
