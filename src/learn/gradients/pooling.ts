/** Gradients of pools. */
import { integerOf, integersOf } from '../attributes.js';
import type { Value } from '../graph.js';
import { productOf } from '../shapes/dims.js';
import { elementCount, known } from '../shapes.js';
import { type Windows, windowsOf } from '../windows.js';
import { reachOf, transposedConvolution } from './convolution.js';
import { arithmeticOf } from './formulas.js';
import {
  countAlong,
  crop,
  expandLike,
  pad,
  reduceSum,
  reshape,
  reshapeLike,
  shapeOf,
  zeros,
} from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, outputOf } from './rule.js';

/** Every element is repeated; `Resize` counts its places from the corner. */
const NEAREST = {
  mode: { string: 'nearest' },
  coordinate_transformation_mode: { string: 'asymmetric' },
  nearest_mode: { string: 'floor' },
};

const maxPool: GradientRule = (context) => {
  const x = inputAt(context, 0);
  const windows = windowsOf(x, integersOf(context.attributes, 'kernel_shape'), context.attributes);
  return [tiles(windows) ? maxOfTiles(context, windows) : maxByPlace(context)];
};

/** Whether two-dimensional windows lie edge to edge, without padding. */
function tiles({ kernel, strides, dilations, begins, ends, ceil }: Windows): boolean {
  const plain = kernel.every((size, axis) => size === strides[axis] && dilations[axis] === 1);
  return plain && kernel.length === 2 && !ceil && [...begins, ...ends].every((count) => count === 0);
}

/**
 * Each output's gradient goes to the largest element of its window; where several are equally large they share
 * it. Comparing is many times faster than ONNX's way, `MaxPool` with indices.
 */
function maxOfTiles(context: RuleContext, { kernel }: Windows): Value {
  const { builder, attributes } = context;
  const [x, y] = [inputAt(context, 0), outputOf(context)];
  const [height = 1, width = 1] = kernel;
  const covered = { 2: known(y.shape[2] ?? 0) * height, 3: known(y.shape[3] ?? 0) * width };
  const inside = crop(builder, x, covered);
  const enlarge = (value: Value) => {
    const factors = builder.constant('float32', [4], [1, 1, height, width]);
    return builder.node('Resize', [value, null, factors], NEAREST, inside);
  };
  const { mul, div, isEqual } = arithmeticOf(builder);
  const largest = isEqual(inside, enlarge(y));
  const share = builder.node('AveragePool', [largest], attributes, y);
  const each = div(mul(outputGradient(context), 1 / (height * width)), share);
  return pad(builder, mul(enlarge(each), largest), x.shape);
}

/** Where windows overlap: each output's gradient is added to the place of the element it came from. */
function maxByPlace(context: RuleContext): Value {
  const { builder, attributes } = context;
  const [x, y] = [inputAt(context, 0), outputOf(context)];
  const types = [y, { dtype: 'int64' as const, shape: y.shape }];
  const places = builder.nodes('MaxPool', [x], attributes, types)[1] as Value;
  const inRow = (value: Value) => reshape(builder, value, [productOf(value.shape)]);
  const row = inRow(x);
  const target = zeros(builder, shapeOf(builder, row), row.shape);
  const parts = [target, inRow(places), inRow(outputGradient(context))];
  const summed = builder.node('ScatterElements', parts, { reduction: { string: 'add' } }, target);
  return reshapeLike(builder, summed, x);
}

/** Each output's gradient is spread evenly over its window: a transposed convolution, channel by channel. */
const averagePool: GradientRule = (context) => {
  const { builder, attributes } = context;
  const [x, dy] = [inputAt(context, 0), outputGradient(context)];
  const windows = windowsOf(x, integersOf(attributes, 'kernel_shape'), attributes);
  const { mul } = arithmeticOf(builder);
  const padded = integerOf(attributes, 'count_include_pad', 0) === 1;
  const shared = windows.kernel.reduce((sum, size, axis) => {
    const counts = countsAlong(windows, axis, x, dy, padded).map((count) => 1 / count);
    if (counts.every((share) => share === counts[0])) return mul(sum, counts[0] ?? 1 / size);
    const shape = [counts.length, ...windows.kernel.slice(axis + 1).fill(1)];
    return mul(sum, builder.constant('float32', shape, counts));
  }, dy);
  const alone = (value: Value) => {
    const [batch = 0, channels = 0, ...spatial] = value.shape;
    return { ...value, shape: [productOf([batch, channels]), 1, ...spatial] };
  };
  const ones = builder.constant(
    'float32',
    [1, 1, ...windows.kernel],
    new Array<number>(elementCount(windows.kernel)).fill(1),
  );
  const images = reshape(builder, shared, alone(dy).shape);
  const spread = transposedConvolution(builder, images, ones, reachOf(windows, x, dy), alone(x));
  return [reshapeLike(builder, spread, x)];
};

/** By how many elements each window along `axis` divides. */
function countsAlong(windows: Windows, axis: number, x: Value, y: Value, padded: boolean): number[] {
  const { kernel, strides, dilations, begins, ends } = windows;
  const [begin, end] = [begins[axis] ?? 0, ends[axis] ?? 0];
  const [size, stride, step] = [kernel[axis] ?? 1, strides[axis] ?? 1, dilations[axis] ?? 1];
  if (begin + end === 0 && !windows.ceil) return [size];
  const length = known(x.shape[axis + 2] ?? 0);
  const [low, high] = padded ? [-begin, length + end] : [0, length];
  return Array.from({ length: known(y.shape[axis + 2] ?? 0) }, (_, place) => {
    const places = Array.from({ length: size }, (_, at) => place * stride - begin + at * step);
    return places.filter((at) => at >= low && at < high).length;
  });
}

const globalAveragePool: GradientRule = (context) => {
  const { builder } = context;
  const x = inputAt(context, 0);
  const area = countAlong(builder, x, [...x.shape.keys()].slice(2));
  return [expandLike(builder, builder.node('Div', [outputGradient(context), area]), x)];
};

const globalMaxPool: GradientRule = (context) => {
  const { builder } = context;
  const x = inputAt(context, 0);
  const { mul, div, isEqual } = arithmeticOf(builder);
  const largest = isEqual(x, outputOf(context));
  const count = reduceSum(builder, largest, [...x.shape.keys()].slice(2), true);
  return [mul(div(outputGradient(context), count), largest)];
};

export const poolingRules = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  MaxPool: maxPool,
} satisfies Record<string, GradientRule>;
