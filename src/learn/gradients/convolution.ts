/** Gradients of convolutions, in operators that every ONNX Runtime has. */
import { int, ints } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { productOf } from '../shapes/dims.js';
import { known } from '../shapes.js';
import { extentOf, type Windows, windowsOf } from '../windows.js';
import { crop, reduceSum, reshape, transpose } from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient } from './rule.js';

const convolution: GradientRule = (context) => {
  const [x, w] = [inputAt(context, 0), inputAt(context, 1)];
  const dy = outputGradient(context);
  const windows = reachOf(windowsOf(x, w.shape.slice(2), context.attributes), x, dy);
  return [
    context.wants(0) ? transposedConvolution(context.builder, dy, w, windows, x) : null,
    context.wants(1) ? kernelGradient(context.builder, x, dy, w, windows) : null,
    byBias(context),
  ];
};

/** Each half of a convolution's gradient is the other one's forward half. */
const convTranspose: GradientRule = (context) => {
  const { builder } = context;
  const [x, w] = [inputAt(context, 0), inputAt(context, 1)];
  const dy = outputGradient(context);
  const windows = windowsOf(x, w.shape.slice(2), context.attributes);
  const attributes = {
    pads: ints([...windows.begins, ...windows.ends]),
    strides: ints(windows.strides),
    dilations: ints(windows.dilations),
    group: int(windows.group),
  };
  return [
    context.wants(0) ? builder.node('Conv', [dy, w], attributes, x) : null,
    context.wants(1) ? kernelGradient(builder, dy, x, w, reachOf(windows, dy, x)) : null,
    byBias(context),
  ];
};

function byBias(context: RuleContext): Value | null {
  if (!context.inputs[2] || !context.wants(2)) return null;
  const dy = outputGradient(context);
  return reduceSum(context.builder, dy, [...dy.shape.keys()].toSpliced(1, 1), false);
}

/** Windows with `ends` as far as windows reach; elements behind that are `left` over. */
export interface ReachingWindows extends Windows {
  readonly left: readonly number[];
}

/** As `windows`, given the input `x` and the output `y` (or their gradients). */
export function reachOf(windows: Windows, x: Value, y: Value): ReachingWindows {
  const reached = windows.kernel.map((_, axis) => {
    const stride = windows.strides[axis] ?? 1;
    if (stride === 1 && !windows.ceil) return windows.ends[axis] ?? 0;
    const last = (known(y.shape[axis + 2] ?? 0) - 1) * stride + extentOf(windows, axis);
    return last - (windows.begins[axis] ?? 0) - known(x.shape[axis + 2] ?? 0);
  });
  return {
    ...windows,
    ends: reached.map((end) => Math.max(end, 0)),
    left: reached.map((end) => Math.max(-end, 0)),
  };
}

/** Spreads every element of `dy` over its window: the gradient by the convolution's input `x`. */
export function transposedConvolution(
  builder: GraphBuilder,
  dy: Value,
  kernel: Value,
  { begins, ends, strides, dilations, group, left }: ReachingWindows,
  x: Value,
): Value {
  return builder.node(
    'ConvTranspose',
    [dy, kernel],
    {
      pads: ints([...begins, ...ends]),
      strides: ints(strides),
      dilations: ints(dilations),
      group: int(group),
      output_padding: ints(left),
    },
    { dtype: 'float32', shape: x.shape },
  );
}

/** The gradient by the kernel `w`: a convolution over the batch, whose examples are the channels. */
function kernelGradient(
  builder: GraphBuilder,
  x: Value,
  dy: Value,
  w: Value,
  windows: ReachingWindows,
): Value {
  const plain = windows.group === 1 && windows.dilations.every((dilation) => dilation === 1);
  if (plain && w.shape.length === 4) return byKernel(builder, x, dy, w, windows);
  return byGroupedKernel(builder, x, dy, w, windows);
}

/**
 * The output's gradient is the kernel. The channels of `x` lie side by side in the width (and the kernel is
 * dilated by their number), so that all of them come out of one large matrix product instead of a small one each.
 */
function byKernel(builder: GraphBuilder, x: Value, dy: Value, w: Value, windows: ReachingWindows): Value {
  const [batch = 0, , inputRows = 0, inputColumns = 0] = x.shape;
  const [outputs = 0, channels = 0, height = 0, width = 0] = w.shape.map(known);
  const channelsLast = transpose(builder, x, [0, 2, 3, 1]);
  const wide = reshape(builder, channelsLast, [1, batch, inputRows, known(inputColumns) * channels]);
  const kernel = transpose(builder, dy, [1, 0, 2, 3]);
  const [beginRows = 0, beginColumns = 0] = windows.begins;
  const [endRows = 0, endColumns = 0] = windows.ends;
  const [strideRows = 1, strideColumns = 1] = windows.strides;
  const rows = height + (windows.left[0] ?? 0);
  const columns = width + (windows.left[1] ?? 0);
  const correlated = builder.node(
    'Conv',
    [wide, kernel],
    {
      pads: ints([beginRows, beginColumns * channels, endRows, endColumns * channels]),
      dilations: ints([strideRows, strideColumns * channels]),
    },
    { dtype: 'float32', shape: [1, outputs, rows, columns * channels] },
  );
  const reached = crop(builder, reshape(builder, correlated, [outputs, rows, columns, channels]), {
    1: height,
    2: width,
  });
  return transpose(builder, reached, [0, 3, 1, 2]);
}

/** With groups, dilations, or other than two spatial axes: the groups' examples are groups of channels. */
function byGroupedKernel(
  builder: GraphBuilder,
  x: Value,
  dy: Value,
  w: Value,
  { group, kernel, begins, ends, strides, dilations, left }: ReachingWindows,
): Value {
  const [outputs = 0, channels = 0] = w.shape.map(known);
  const images = examplesByGroup(builder, x, group);
  const filters = firstTwoSwapped(builder, dy);
  const reached = kernel.map((size, axis) => size + Math.floor((left[axis] ?? 0) / (dilations[axis] ?? 1)));
  const correlated = builder.node(
    'Conv',
    [images, filters],
    {
      pads: ints([...begins, ...ends]),
      strides: ints(dilations),
      dilations: ints(strides),
      group: int(group),
    },
    { dtype: 'float32', shape: [channels, outputs, ...reached] },
  );
  const sizes = Object.fromEntries(kernel.map((size, axis) => [axis + 2, size]));
  return firstTwoSwapped(builder, crop(builder, correlated, sizes));
}

/** From [batch, group * channels, ...] to [channels, group * batch, ...]. */
function examplesByGroup(builder: GraphBuilder, value: Value, group: number): Value {
  const [batch = 0, all = 0, ...spatial] = value.shape;
  if (group === 1) return firstTwoSwapped(builder, value);
  const channels = known(all) / group;
  const split = reshape(builder, value, [batch, group, channels, ...spatial]);
  const moved = transpose(builder, split, [2, 1, 0, ...spatial.map((_, axis) => axis + 3)]);
  return reshape(builder, moved, [channels, productOf([group, batch]), ...spatial]);
}

function firstTwoSwapped(builder: GraphBuilder, value: Value): Value {
  return transpose(builder, value, [1, 0, ...value.shape.keys()].toSpliced(2, 2));
}

export const convolutionRules = { Conv: convolution, ConvTranspose: convTranspose } satisfies Record<
  string,
  GradientRule
>;
