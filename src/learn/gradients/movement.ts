/** Gradients of operators that move elements, repeat them, or leave some out. */
import { ConfigError } from '../../errors.js';
import { int, integerOf, integersOf, textOf } from '../attributes.js';
import type { Value } from '../graph.js';
import { permutationOf } from '../shapes/movement.js';
import { axisOf, mustNumbers } from '../shapes/rule.js';
import { type AxisSlice, slicesOf } from '../shapes/slices.js';
import { arithmeticOf } from './formulas.js';
import {
  cast,
  joined,
  reduceSum,
  reshape,
  reshapeLike,
  scatterAlong,
  shapeOf,
  sumAll,
  transpose,
  vector,
  zerosLike,
} from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, sumTo } from './rule.js';

const reshaped: GradientRule = (context) => [
  reshapeLike(context.builder, outputGradient(context), inputAt(context, 0)),
];

const transposed: GradientRule = (context) => {
  const perm = permutationOf(inputAt(context, 0), integersOf(context.attributes, 'perm'));
  const inverse = [...perm.keys()].sort((a, b) => (perm[a] ?? 0) - (perm[b] ?? 0));
  return [transpose(context.builder, outputGradient(context), inverse)];
};

const converted: GradientRule = (context) => {
  const { dtype } = inputAt(context, 0);
  return dtype === 'float32' ? [cast(context.builder, outputGradient(context), dtype)] : [];
};

/** The outputs that nobody used have a gradient of zero. */
const split: GradientRule = (context) => {
  const { builder, attributes, outputs, gradients } = context;
  const parts = outputs.map((output, index) => gradients[index] ?? zerosLike(builder, output));
  const axis = integerOf(attributes, 'axis', 0);
  return [builder.node('Concat', parts, { axis: int(axis) }, inputAt(context, 0))];
};

const concat: GradientRule = (context) => {
  const { builder, attributes, inputs } = context;
  const dy = outputGradient(context);
  const axis = axisOf(integerOf(attributes, 'axis', 0), dy.shape.length);
  const parts = inputs.map((_, index) => inputAt(context, index));
  const lengths = parts.map((part) => shapeOf(builder, part, axis, axis + 1));
  const known = parts.map(({ shape }) => shape[axis]);
  const sizes = known.every((size) => typeof size === 'number')
    ? vector(builder, known)
    : joined(builder, lengths);
  return builder.nodes(
    'Split',
    [dy, sizes],
    { axis: int(axis) },
    parts.map(({ dtype, shape }) => ({ dtype, shape })),
  );
};

const expanded: GradientRule = (context) => [
  sumTo(context.builder, outputGradient(context), inputAt(context, 0).shape),
];

/** Every axis becomes two, repeats and elements; the repeats are summed. */
const tiled: GradientRule = (context) => {
  const { builder } = context;
  const x = inputAt(context, 0);
  const repeats = mustNumbers('Tile', 'the repeats', context.inputs[1]);
  const shape = x.shape.flatMap((size, axis) => (repeats[axis] === 1 ? [size] : [repeats[axis] ?? 1, size]));
  const axes = repeats.flatMap((count, axis) =>
    count === 1 ? [] : [axis + repeats.slice(0, axis).filter((before) => before !== 1).length],
  );
  return [reduceSum(builder, reshape(builder, outputGradient(context), shape), axes, false)];
};

const gather: GradientRule = (context) => {
  const { builder } = context;
  const [x, indices] = [inputAt(context, 0), inputAt(context, 1)];
  const axis = axisOf(integerOf(context.attributes, 'axis', 0), x.shape.length);
  const size = { value: shapeOf(builder, x, axis, axis + 1), dim: x.shape[axis] ?? 0 };
  return [scatterAlong(builder, outputGradient(context), indices, axis, size)];
};

/** What is taken one by one from the front is padded; else each element is put back to its place. */
const slice: GradientRule = (context) => {
  const { builder } = context;
  const x = inputAt(context, 0);
  const slices = [...slicesOf(context.inputs)];
  if (slices.every(([, { step }]) => step === 1)) return [unsliced(context, x, new Map(slices))];
  const all = slices.reduce((gradient, [axis, { first, count, step }]) => {
    const size = x.shape[axis];
    if (first === undefined || typeof size !== 'number' || typeof count !== 'number') {
      throw new ConfigError(
        `the axis of a Slice with steps must be known to be trained through, got "${size}"`,
      );
    }
    const places = Array.from({ length: count }, (_, at) => first + at * step);
    return scatterAlong(builder, gradient, vector(builder, places), axis, {
      value: vector(builder, [size]),
      dim: size,
    });
  }, outputGradient(context));
  return [all];
};

/** Zeros before and behind, as many as are missing; negative starts count from the end. */
function unsliced(context: RuleContext, x: Value, slices: ReadonlyMap<number, AxisSlice>): Value {
  const { builder } = context;
  const { add, sub, mul } = arithmeticOf(builder);
  const dy = outputGradient(context);
  const starts = x.shape.map((_, axis) => slices.get(axis)?.first ?? slices.get(axis)?.start ?? 0);
  const fromEnd = starts.map((start) => (start < 0 ? 1 : 0));
  const [whole, part] = [shapeOf(builder, x), shapeOf(builder, dy)];
  const before = fromEnd.includes(1)
    ? add(vector(builder, starts), mul(vector(builder, fromEnd), whole))
    : vector(builder, starts);
  const behind = sub(sub(whole, before), part);
  return builder.node('Pad', [dy, joined(builder, [before, behind])], {}, x);
}

/** Padding is taken off; what was taken off comes back as zeros. */
const padded: GradientRule = (context) => {
  const { builder, attributes, inputs } = context;
  const mode = textOf(attributes, 'mode', 'constant');
  if (mode !== 'constant') {
    throw new ConfigError(`mode of Pad must be "constant" to be trained through, got "${mode}"`);
  }
  const dy = outputGradient(context);
  const x = inputAt(context, 0);
  const pads = vector(
    builder,
    mustNumbers('Pad', 'the pads', inputs[1]).map((count) => -count),
  );
  const inside = builder.node('Pad', [dy, pads, null, inputs[3] ?? null].slice(0, inputs[3] ? 4 : 2), {}, x);
  const byFill = () => arithmeticOf(builder).sub(sumAll(builder, dy), sumAll(builder, inside));
  return [inside, null, context.wants(2) ? byFill() : null];
};

/** Evaluation passes everything on; in training, a mask is an input of its own. */
const dropout: GradientRule = (context) => {
  if (context.inputs[2]) {
    throw new ConfigError('training_mode of Dropout must be left out, its mask is an input, got one');
  }
  return [outputGradient(context)];
};

export const movementRules = {
  Cast: converted,
  Concat: concat,
  Dropout: dropout,
  Expand: expanded,
  Flatten: reshaped,
  Gather: gather,
  Pad: padded,
  Reshape: reshaped,
  Slice: slice,
  Split: split,
  Squeeze: reshaped,
  Tile: tiled,
  Transpose: transposed,
  Unsqueeze: reshaped,
} satisfies Record<string, GradientRule>;
