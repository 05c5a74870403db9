/**
 * How operators carry examples from inputs to outputs without mixing them: one rule an operator. What has no rule
 * here is taken to mix examples, since a bound on each example's gradient would mean nothing after that.
 */
import { integerOf, integersOf } from '../attributes.js';
import type { Attributes, Dim, Value } from '../graph.js';
import { permutationOf, reducedAxes } from '../shapes/movement.js';
import { axisOf, mustNumbers } from '../shapes/rule.js';
import { slicesOf } from '../shapes/slices.js';
import { elementsEach, type Place, samePlace } from './place.js';

/** A node, and where examples lie in its inputs. */
interface PlaceContext {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly places: readonly (Place | undefined)[];
  readonly batch: Dim;
}

/**
 * Where examples lie in the outputs: the place in all of them, or one an output; undefined where the operator
 * mixes examples.
 */
export type PlaceRule = (context: PlaceContext) => Place | readonly Place[] | undefined;

/** All places, counted from the front of an output of rank `rank`, must be the same one. */
function aligned(context: PlaceContext, rank = context.outputs[0]?.shape.length ?? 0): Place | undefined {
  const places = context.places.flatMap((place, index) =>
    place ? [{ ...place, axis: place.axis + rank - (context.inputs[index]?.shape.length ?? 0) }] : [],
  );
  const [first] = places;
  return first && places.every((place) => samePlace(place, first)) ? first : undefined;
}

/** The place of the only input that holds examples, which must be input `index`. */
function only({ places }: PlaceContext, index: number): Place | undefined {
  return places.every((place, at) => !place || at === index) ? places[index] : undefined;
}

/** As the first input, whose axes that `axes` names are treated together. */
const within =
  (axes: (context: PlaceContext, rank: number) => readonly number[]): PlaceRule =>
  (context) => {
    const place = aligned(context);
    const rank = context.inputs[0]?.shape.length ?? 0;
    return place && !axes(context, rank).includes(place.axis) ? place : undefined;
  };

const alongAxis = within(({ attributes }, rank) => [axisOf(integerOf(attributes, 'axis', -1), rank)]);
const alongFirst = within(({ attributes }, rank) => [axisOf(integerOf(attributes, 'axis', 0), rank)]);

/** Examples are the first axis: what works on images. */
const images: PlaceRule = (context) => {
  const place = only(context, 0);
  return place?.axis === 0 ? place : undefined;
};

const reduction: PlaceRule = (context) => {
  const place = only(context, 0);
  const axes = reducedAxes(context.op, context.inputs, context.attributes);
  if (!place || axes.includes(place.axis)) return undefined;
  const gone = integerOf(context.attributes, 'keepdims', 1) === 1 ? [] : axes;
  return { ...place, axis: place.axis - gone.filter((axis) => axis < place.axis).length };
};

/** Row-major elements stay in their order: what lies before the examples must lie before them again. */
const reshaped: PlaceRule = (context) => {
  const place = only(context, 0);
  const [x] = context.inputs;
  const [y] = context.outputs;
  if (!place || !x || !y) return undefined;
  const before = count(x.shape.slice(0, place.axis));
  const behind = count(x.shape.slice(place.axis + 1));
  const axis = y.shape.findIndex((size) => elementsEach(size, context.batch) !== undefined);
  if (axis < 0 || before === undefined || behind === undefined) return undefined;
  const [left, right] = [count(y.shape.slice(0, axis)), count(y.shape.slice(axis + 1))];
  if (left === undefined || right === undefined) return undefined;
  const [outer, inner] = [(before * place.outer) / left, (behind * place.inner) / right];
  const whole = Number.isInteger(outer) && Number.isInteger(inner);
  return whole && elementsEach(y.shape[axis], context.batch) === outer * inner
    ? { axis, outer, inner }
    : undefined;
};

function count(shape: readonly Dim[]): number | undefined {
  return shape.every((size) => typeof size === 'number')
    ? shape.reduce<number>((product, size) => product * Number(size), 1)
    : undefined;
}

const transposed: PlaceRule = (context) => {
  const place = only(context, 0);
  const [x] = context.inputs;
  if (!place || !x) return undefined;
  const perm = permutationOf(x, integersOf(context.attributes, 'perm'));
  return { ...place, axis: perm.indexOf(place.axis) };
};

const gemm: PlaceRule = (context) => {
  const [a, b, c] = context.places;
  const rowAxis = integerOf(context.attributes, 'transA', 0);
  const columnAxis = 1 - integerOf(context.attributes, 'transB', 0);
  const product = a && !b && a.axis === rowAxis ? { ...a, axis: 0 } : undefined;
  const other = b && !a && b.axis === columnAxis ? { ...b, axis: 1 } : undefined;
  const made = product ?? other;
  if (!c) return made;
  const added = aligned({ ...context, places: [undefined, undefined, c] });
  if (!a && !b) return added;
  return made && added && samePlace(made, added) ? made : undefined;
};

const matMul: PlaceRule = ({ inputs, outputs, places }) => {
  const [a, b] = inputs.map((input) => input?.shape.length ?? 0) as [number, number];
  const rank = (outputs[0]?.shape.length ?? 0) + Number(a === 1) + Number(b === 1);
  const found = places.flatMap((place, index) => {
    if (!place) return [];
    const own = index === 0 ? a : b;
    const fromEnd = own - place.axis;
    const contracted = own === 1 || fromEnd === (index === 0 ? 1 : 2);
    return [contracted ? undefined : { ...place, axis: rank - fromEnd }];
  });
  const [first, second] = found;
  if (!first) return undefined;
  // Rows of the one and columns of the other would meet all of each other.
  const apart = second && samePlace(first, second) && first.axis < rank - 2;
  if (found.length > 1 && !apart) return undefined;
  return { ...first, axis: first.axis - Number(a === 1 && first.axis > rank - 2) };
};

const gather: PlaceRule = ({ inputs, attributes, places }) => {
  const [data, indices] = places;
  const axis = axisOf(integerOf(attributes, 'axis', 0), inputs[0]?.shape.length ?? 0);
  if (data && indices) return undefined;
  if (indices) return { ...indices, axis: axis + indices.axis };
  if (!data || data.axis === axis) return undefined;
  const added = (inputs[1]?.shape.length ?? 0) - 1;
  return { ...data, axis: data.axis < axis ? data.axis : data.axis + added };
};

const slice: PlaceRule = (context) => {
  const place = only(context, 0);
  if (!place) return undefined;
  const along = slicesOf(context.inputs).get(place.axis);
  const whole = along?.start === 0 && along.step === 1;
  const size = context.inputs[0]?.shape[place.axis];
  return !along || (whole && along.count === size) ? place : undefined;
};

const padded = within(({ op, inputs }, rank) => {
  const pads = mustNumbers(op, 'the pads', inputs[1]);
  return [...Array(rank).keys()].filter((axis) => pads[axis] !== 0 || pads[axis + rank] !== 0);
});

const tiled = within(({ op, inputs }) =>
  mustNumbers(op, 'the repeats', inputs[1]).flatMap((times, axis) => (times === 1 ? [] : [axis])),
);

/** Sequences first, examples second; also in the initial states. */
const recurrent: PlaceRule = ({ attributes, places, outputs }) => {
  const [x, w, r, b, lengths, ...states] = places;
  const apart = x && isAt(x, 1) && integerOf(attributes, 'layout', 0) === 0;
  const shared = !w && !r && !b && (!lengths || isAt(lengths, 0));
  if (!apart || !shared || states.slice(0, 2).some((state) => state && !isAt(state, 1))) return undefined;
  return outputs.map((_, index) => ({ ...x, axis: index === 0 ? 2 : 1 }));
};

/** Recurrences that are laid out step by step: steps and examples in one axis. */
const unrolled =
  (weights: readonly number[]): PlaceRule =>
  ({ attributes, places, outputs }) => {
    const steps = integerOf(attributes, 'steps', 1);
    const states = places.slice(1).filter((place) => place !== undefined);
    const apart = places[0]?.outer === steps && isAt({ ...places[0], outer: 1 }, 0);
    if (!apart || states.some((place) => !isAt(place, 0)) || weights.some((at) => places[at]))
      return undefined;
    return outputs.map((_, index) => ({ axis: 0, outer: index === 0 ? steps : 1, inner: 1 }));
  };

/** Whether examples lie along an axis of their own, which is `axis`. */
function isAt(place: Place, axis: number): boolean {
  return samePlace(place, { axis, outer: 1, inner: 1 });
}

const oneHot: PlaceRule = (context) => {
  const place = only(context, 0);
  const rank = context.outputs[0]?.shape.length ?? 0;
  const axis = axisOf(integerOf(context.attributes, 'axis', -1), rank);
  return place && { ...place, axis: place.axis < axis ? place.axis : place.axis + 1 };
};

const named = (rule: PlaceRule, ops: string) => Object.fromEntries(ops.split(' ').map((op) => [op, rule]));

/** The place rule of each operator. */
export const placeRules: Readonly<Record<string, PlaceRule>> = {
  ...named(aligned, 'Abs Add And Cast Ceil Clip Cos Div Dropout Elu Equal Erf Exp Expand Floor'),
  ...named(
    aligned,
    'Greater GreaterOrEqual HardSigmoid HardSwish Identity LeakyRelu Less LessOrEqual Log Max',
  ),
  ...named(aligned, 'Mean Min Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Sigmoid Sign Sin'),
  ...named(aligned, 'Softplus Softsign Sqrt Sub Sum Tanh Where'),
  ...named(alongAxis, 'LogSoftmax Softmax'),
  ...named(alongFirst, 'Concat Split'),
  ...named(images, 'AveragePool Conv ConvTranspose GlobalAveragePool GlobalMaxPool MaxPool'),
  ...named(images, 'InstanceNormalization LpPool'),
  ...named(reduction, 'ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd'),
  ...named(reduction, 'ReduceSum ReduceSumSquare'),
  ...named(reshaped, 'Flatten Reshape Squeeze Unsqueeze'),
  ...named(recurrent, 'GRU LSTM RNN'),
  BatchNormalization: (context) =>
    integerOf(context.attributes, 'training_mode', 0) === 1 ? undefined : images(context),
  CumSum: within(({ op, inputs }, rank) =>
    mustNumbers(op, 'the axis', inputs[1]).map((axis) => axisOf(axis, rank)),
  ),
  Gather: gather,
  Gemm: gemm,
  LayerNormalization: within(({ attributes }, rank) =>
    [...Array(rank).keys()].slice(axisOf(integerOf(attributes, 'axis', -1), rank)),
  ),
  GruSteps: unrolled([1, 2]),
  LstmSteps: unrolled([1, 4]),
  MatMul: matMul,
  OneHot: oneHot,
  Pad: padded,
  Slice: slice,
  Tile: tiled,
  Transpose: transposed,
  Trilu: within((_, rank) => [rank - 2, rank - 1]),
};
