/** Gradients of convolution and pooling, in operators that every ONNX Runtime has. */
import { integersOf, ints } from '../attributes.js';
import type { Value } from '../graph.js';
import { known } from '../shapes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { asFloat, crop, inputAt, outputGradient, pad, reduceSum, reshape, transpose } from './rule.js';

/** Every element is repeated; `Resize` counts its places from the corner. */
const NEAREST = {
  mode: { string: 'nearest' },
  coordinate_transformation_mode: { string: 'asymmetric' },
  nearest_mode: { string: 'floor' },
};

const convolution: GradientRule = (context) => [
  context.wants(0) ? byInput(context) : null,
  context.wants(1) ? byKernel(context) : null,
  context.inputs[2] && context.wants(2)
    ? reduceSum(context.builder, outputGradient(context), [0, 2, 3], false)
    : null,
];

/** The transposed convolution; rows that the strides left over get their place back by output padding. */
function byInput(context: RuleContext) {
  const x = inputAt(context, 0);
  const { pads, strides } = windowOf(context);
  const padding = [0, 1].map((axis) => leftOver(context, axis));
  return context.builder.node(
    'ConvTranspose',
    [outputGradient(context), inputAt(context, 1)],
    { pads: ints(pads), strides: ints(strides), output_padding: ints(padding) },
    { dtype: 'float32', shape: x.shape },
  );
}

/**
 * A convolution over the batch: the examples are the channels, the output's gradient is the kernel. The
 * channels of `x` lie side by side in the width (and the kernel is dilated by their number), so that all of
 * them come out of one large matrix product instead of a small one each.
 */
function byKernel(context: RuleContext) {
  const { builder } = context;
  const [x, w] = [inputAt(context, 0), inputAt(context, 1)];
  const { pads, strides } = windowOf(context);
  const [batch = 0, , inputRows = 0, inputColumns = 0] = x.shape;
  const [outputs = 0, channels = 0, height = 0, width = 0] = w.shape.map(known);
  const channelsLast = transpose(builder, x, [0, 2, 3, 1]);
  const wide = reshape(builder, channelsLast, [1, batch, inputRows, known(inputColumns) * channels]);
  const kernel = transpose(builder, outputGradient(context), [1, 0, 2, 3]);
  const [padRows = 0, padColumns = 0] = pads;
  const [strideRows = 1, strideColumns = 1] = strides;
  const rows = height + leftOver(context, 0);
  const columns = width + leftOver(context, 1);
  const correlated = builder.node(
    'Conv',
    [wide, kernel],
    {
      pads: ints([padRows, padColumns * channels, padRows, padColumns * channels]),
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

/** How many rows (axis 0) or columns (axis 1) of the padded input no window reaches. */
function leftOver(context: RuleContext, axis: number): number {
  const { pads, strides } = windowOf(context);
  const size = known(inputAt(context, 0).shape[axis + 2] ?? 0) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
  return (size - known(inputAt(context, 1).shape[axis + 2] ?? 0)) % (strides[axis] ?? 1);
}

function windowOf({ attributes }: RuleContext) {
  return { pads: integersOf(attributes, 'pads'), strides: integersOf(attributes, 'strides') };
}

/**
 * Each output's gradient goes to the largest element of its window; where several are equally large they share
 * it. Windows must not overlap. Comparing is many times faster than ONNX's way, `MaxPool` with indices.
 */
const maxPool: GradientRule = (context) => {
  const { builder, attributes } = context;
  const x = inputAt(context, 0);
  const y = context.outputs[0] as Value;
  const [height = 1, width = 1] = integersOf(attributes, 'kernel_shape');
  const covered = { 2: known(y.shape[2] ?? 0) * height, 3: known(y.shape[3] ?? 0) * width };
  const inside = crop(builder, x, covered);
  const enlarge = (value: Value) => {
    const factors = builder.constant('float32', [4], [1, 1, height, width]);
    return builder.node('Resize', [value, null, factors], NEAREST, inside);
  };
  const largest = asFloat(builder, builder.node('Equal', [inside, enlarge(y)]));
  const share = builder.node('AveragePool', [largest], attributes, y);
  const perWindow = builder.constant('float32', [], [1 / (height * width)]);
  const each = builder.node('Div', [builder.node('Mul', [outputGradient(context), perWindow]), share]);
  return [pad(builder, builder.node('Mul', [enlarge(each), largest]), x.shape)];
};

export const convolutionRules = { Conv: convolution, MaxPool: maxPool } satisfies Record<
  string,
  GradientRule
>;
