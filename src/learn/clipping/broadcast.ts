/** The gradients of every example by values that are broadcast to them, looked up, or scale what is normalised. */
import { integerOf } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { reshape } from '../gradients/nodes.js';
import { normalisedInput } from '../gradients/normalization.js';
import { inputAt, outputGradient } from '../gradients/rule.js';
import { gradientRules } from '../gradients/table.js';
import { axisOf } from '../shapes/rule.js';
import { elementCount, known } from '../shapes.js';
import { throughCopies } from './copies.js';
import { rowsByExample, sumByExample } from './place.js';
import { type ExampleRule, mustPlace, noRule } from './rule.js';

/** Operators that work element by element, whose gradient rules take any shapes that broadcast. */
export const ELEMENTWISE: readonly string[] = [
  'Abs Add Clip Cos Div Elu Erf Exp Expand HardSigmoid HardSwish Identity LeakyRelu Log Max Mean Min Mul Neg',
  'PRelu Pow Reciprocal Relu Selu Sigmoid Sin Softplus Sqrt Sub Sum Tanh Where',
].flatMap((line) => line.split(' '));

const elementwise: ExampleRule = (context, index) => {
  const rule = gradientRules[context.op];
  if (!rule) throw noRule(context, index);
  return { type: 'whole', values: throughCopies(context, rule, index, context.outputPlace, context.batch) };
};

/** Rows of a table: an example's gradient has the gradient by each place in the row that was looked up there. */
const gather: ExampleRule = (context, index) => {
  const { builder, batch, outputPlace } = context;
  const [table, indices] = [inputAt(context, 0), inputAt(context, 1)];
  const axis = axisOf(integerOf(context.attributes, 'axis', 0), table.shape.length);
  if (axis !== 0) throw noRule(context, index);
  const [rows = 0, ...rest] = table.shape.map(known);
  const size = builder.constant(indices.dtype, [], [rows]);
  // Indices below zero count from the end.
  const counted = builder.node('Mod', [indices, size]);
  const places = rowsByExample(builder, counted, mustPlace(context, 1), batch, 0);
  const dy = rowsByExample(builder, outputGradient(context), outputPlace, batch, rest.length);
  const single = places.shape.length === 1;
  const width = elementCount(rest);
  const values = reshape(builder, dy, [batch, ...(single ? [] : places.shape.slice(1)), width]);
  return {
    type: 'outer',
    left: { type: 'one-hot', indices: places, size: rows },
    right: { type: 'rows', values },
  };
};

/** Scale (1) and bias (2) of each channel. */
const channels: ExampleRule = (context, index) => {
  const { builder, batch, outputPlace } = context;
  if (index > 2) throw noRule(context, index);
  const dy = outputGradient(context);
  const { mul } = arithmeticOf(builder);
  const gradient = index === 1 ? mul(dy, normalisedInput(context)) : dy;
  const { shape } = inputAt(context, index);
  const wide = [...shape, ...dy.shape.slice(2).map(() => 1)];
  const summed = sumByExample(builder, gradient, outputPlace, batch, wide);
  return { type: 'whole', values: reshape(builder, summed, [batch, ...shape]) };
};

/** Scale (1) and bias (2) of each element along the normalised axes. */
const layerNormalization: ExampleRule = (context, index) => {
  const { builder, batch, outputPlace } = context;
  const dy = outputGradient(context);
  const { mul } = arithmeticOf(builder);
  const gradient = index === 1 ? mul(dy, normalisedInput(context)) : dy;
  const { shape } = inputAt(context, index);
  return { type: 'whole', values: sumByExample(builder, gradient, outputPlace, batch, shape) };
};

export const broadcastRules: Readonly<Record<string, ExampleRule>> = {
  ...Object.fromEntries(ELEMENTWISE.map((op) => [op, elementwise])),
  BatchNormalization: channels,
  Gather: gather,
  InstanceNormalization: channels,
  LayerNormalization: layerNormalization,
};
