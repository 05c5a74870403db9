/** The gradients of every example by the kernels and biases of convolutions. */
import { int } from '../attributes.js';
import { reshape, swapped, unsqueeze, vector } from '../gradients/nodes.js';
import { inputAt, outputGradient } from '../gradients/rule.js';
import type { GraphBuilder, Value } from '../graph.js';
import { elementCount, known } from '../shapes.js';
import { type Windows, windowsOf } from '../windows.js';
import type { ExampleGradient } from './example-gradient.js';
import { sumByExample } from './place.js';
import { type ExampleContext, type ExampleRule, mustPlace } from './rule.js';

const convolution: ExampleRule = (context, index) => {
  if (index === 2) return byBias(context);
  const x = inputAt(context, 0);
  const windows = windowsOf(x, inputAt(context, 1).shape.slice(2), context.attributes);
  return byKernel(context, outputGradient(context), x, windows);
};

/** What a convolution does backwards: output and input change places. */
const convTranspose: ExampleRule = (context, index) => {
  if (index === 2) return byBias(context);
  const x = inputAt(context, 0);
  const windows = windowsOf(x, inputAt(context, 1).shape.slice(2), context.attributes);
  return byKernel(context, x, outputGradient(context), windows);
};

const byBias = (context: ExampleContext): ExampleGradient => {
  const dy = outputGradient(context);
  const bias = inputAt(context, 2);
  const wide = [...bias.shape, ...dy.shape.slice(2).map(() => 1)];
  const summed = sumByExample(context.builder, dy, context.outputPlace, context.batch, wide);
  return { type: 'whole', values: reshape(context.builder, summed, [context.batch, ...bias.shape]) };
};

/**
 * Each element of `narrow` [rows, channels, ...places], once for each window of `wide` [rows, channels, ...]: one
 * place of the outer products, or of one for each group of channels.
 */
function byKernel(context: ExampleContext, narrow: Value, wide: Value, windows: Windows): ExampleGradient {
  const { builder, batch } = context;
  const place = mustPlace(context, 0);
  const { group } = windows;
  const [rows = batch, channels = 0, ...spatial] = narrow.shape;
  const places = elementCount(spatial);
  const windowLength = elementCount([known(wide.shape[1] ?? 0), ...windows.kernel]);
  const patches = patchesOf(builder, wide, spatial.map(known), windows);
  const shape = (length: number) => (group === 1 ? [length, places] : [group, length / group, places]);
  const left = reshape(builder, narrow, [rows, ...shape(known(channels))]);
  const right = reshape(builder, patches, [rows, ...shape(windowLength)]);
  if (group === 1 && place.inner === 1 && place.outer === 1) {
    return {
      type: 'outer',
      left: { type: 'rows', values: left, placesLast: true },
      right: { type: 'rows', values: right, placesLast: true },
    };
  }
  const products = builder.node('MatMul', [left, swapped(builder, right)]);
  const summed = sumByExample(builder, products, place, batch, products.shape.slice(1));
  return { type: 'whole', values: reshape(builder, summed, [batch, ...inputAt(context, 1).shape]) };
}

/** All windows of [rows, channels, ...]: [rows, channels, elements of a window, ...places]. */
function patchesOf(builder: GraphBuilder, x: Value, places: readonly number[], windows: Windows): Value {
  const { kernel, begins, ends, strides, dilations } = windows;
  const padded = paddedImage(builder, x, begins, ends);
  const axes = kernel.map((_, axis) => axis + 2);
  const offsets = kernel.reduce<number[][]>(
    (all, size) => all.flatMap((before) => [...Array(size).keys()].map((at) => [...before, at])),
    [[]],
  );
  const parts = offsets.map((offset) => {
    const starts = offset.map((at, axis) => at * (dilations[axis] ?? 1));
    const behind = starts.map((start, axis) => start + ((places[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1);
    const bounds = [starts, behind, axes, strides].map((values) => vector(builder, values));
    return unsqueeze(builder, builder.node('Slice', [padded, ...bounds]), [2]);
  });
  return builder.node('Concat', parts, { axis: int(2) });
}

function paddedImage(
  builder: GraphBuilder,
  x: Value,
  begins: readonly number[],
  ends: readonly number[],
): Value {
  const pads = [0, 0, ...begins, 0, 0, ...ends];
  return pads.every((count) => count === 0) ? x : builder.node('Pad', [x, vector(builder, pads)]);
}

export const convolutionRules = { Conv: convolution, ConvTranspose: convTranspose } satisfies Record<
  string,
  ExampleRule
>;
