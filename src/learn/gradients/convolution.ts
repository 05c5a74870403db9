/** Gradients of convolution and pooling, in operators that every ONNX Runtime has. */
import { integersOf, ints } from '../attributes.js';
import { known } from '../shapes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, reduceSum } from './rule.js';

const SWAP_BATCH_AND_CHANNEL = { perm: ints([1, 0, 2, 3]) };

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

/** A convolution over the batch: the examples are the channels, the output's gradient is the kernel. */
function byKernel(context: RuleContext) {
  const { builder } = context;
  const [x, w] = [inputAt(context, 0), inputAt(context, 1)];
  const { pads, strides } = windowOf(context);
  const channelsFirst = builder.node('Transpose', [x], SWAP_BATCH_AND_CHANNEL);
  const kernel = builder.node('Transpose', [outputGradient(context)], SWAP_BATCH_AND_CHANNEL);
  const [outputs = 0, channels = 0, height = 0, width = 0] = w.shape.map(known);
  const rows = height + leftOver(context, 0);
  const columns = width + leftOver(context, 1);
  const correlated = builder.node(
    'Conv',
    [channelsFirst, kernel],
    { pads: ints(pads), dilations: ints(strides) },
    { dtype: 'float32', shape: [channels, outputs, rows, columns] },
  );
  const swapped = builder.node('Transpose', [correlated], SWAP_BATCH_AND_CHANNEL);
  if (rows === height && columns === width) return swapped;
  const vector = (values: number[]) => builder.constant('int64', [values.length], values);
  return builder.node(
    'Slice',
    [swapped, vector([0, 0]), vector([height, width]), vector([2, 3])],
    {},
    { dtype: 'float32', shape: w.shape },
  );
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

/** Each output's gradient goes to the place it came from. Windows must not overlap. */
const maxPool: GradientRule = (context) => {
  const x = inputAt(context, 0);
  const { builder, attributes, outputs } = context;
  const shape = builder.node('Shape', [x], {}, { dtype: 'int64', shape: [x.shape.length] });
  const { kernel_shape, strides, pads } = attributes;
  return [
    builder.node(
      'MaxUnpool',
      [outputGradient(context), outputs[1] ?? null, shape],
      { kernel_shape: kernel_shape ?? ints([]), strides: strides ?? ints([]), pads: pads ?? ints([]) },
      { dtype: 'float32', shape: x.shape },
    ),
  ];
};

export const convolutionRules = { Conv: convolution, MaxPool: maxPool } satisfies Record<
  string,
  GradientRule
>;
