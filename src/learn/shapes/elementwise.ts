/** Shapes of operators that work element by element, and of those that leave the shape alone. */
import { ConfigError } from '../../errors.js';
import { integerOf } from '../attributes.js';
import type { Dim, DType, Value } from '../graph.js';
import { productOf, quotientOf, sumOf } from './dims.js';
import { broadcastShapes, elementsOf, type Inputs, must, type ShapeRule, sameAsFirst } from './rule.js';

/** ONNX's numbers of the element types that Tessera knows. */
const DTYPES: Readonly<Record<number, DType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool' };

/** Of two or more inputs; `combine` follows sizes through arithmetic on integers. */
function broadcast(combine?: (a: Dim, b: Dim) => Dim | undefined): ShapeRule {
  return (inputs) => {
    const present = presentOf(inputs);
    const { dtype } = must(present[0]);
    const shape = broadcastShapes(present);
    const elements = combine && dtype !== 'float32' && combined(present, combine);
    return [{ dtype, shape, ...(elements ? { elements } : {}) }];
  };
}

function combined(values: readonly Value[], combine: (a: Dim, b: Dim) => Dim | undefined) {
  const [a, b] = values.map(elementsOf);
  if (!a || !b) return undefined;
  const results = Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
    combine(a[a.length === 1 ? 0 : index] ?? 0, b[b.length === 1 ? 0 : index] ?? 0),
  );
  return results.every((size) => size !== undefined) ? results : undefined;
}

const compared: ShapeRule = (inputs) => [{ dtype: 'bool', shape: broadcastShapes(presentOf(inputs)) }];

/** 1 where sizes are equal, else 0; a size known at run time is never negative. */
const equal: ShapeRule = (inputs) => {
  const elements = combined(presentOf(inputs), (a, b) => {
    if (a === b) return 1;
    const certain = (typeof a === 'number' && typeof b === 'number') || Number(a) < 0 || Number(b) < 0;
    return certain ? 0 : undefined;
  });
  return compared(inputs, {}, 1).map((type) => ({ ...type, ...(elements ? { elements } : {}) }));
};

const where: ShapeRule = ([condition, a, b]) => {
  const { dtype } = must(a);
  const shape = broadcastShapes([must(condition), must(a), must(b)]);
  const [chosen, left, right] = [condition, a, b].map(elementsOf);
  if (!chosen || !left || !right) return [{ dtype, shape }];
  const pick = (from: readonly Dim[], index: number) => from[from.length === 1 ? 0 : index] ?? 0;
  const length = Math.max(chosen.length, left.length, right.length);
  const elements = Array.from({ length }, (_, index) => pick(pick(chosen, index) ? left : right, index));
  return [{ dtype, shape, elements }];
};

function presentOf(inputs: Inputs): Value[] {
  return [must(inputs[0]), ...inputs.slice(1).filter((value) => !!value)];
}

function divided(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? undefined : Math.trunc(a / b);
  return quotientOf([a], [b]);
}

const unary = [
  'Abs Ceil Clip Cos CumSum Dropout Elu Erf Exp Floor HardSigmoid HardSwish LeakyRelu Log LogSoftmax Neg',
  'Not Reciprocal Relu Round ScatterElements ScatterND Selu Sigmoid Sign Sin Softmax Softplus Softsign Sqrt Tanh',
  'Trilu',
].flatMap((line) => line.split(' '));

export const elementwiseShapes = {
  ...Object.fromEntries(unary.map((op) => [op, sameAsFirst])),
  Add: broadcast(sumOf),
  Sub: broadcast((a, b) =>
    typeof b === 'number' ? sumOf(a, -b) : typeof a === 'number' ? undefined : `(${a}-${b})`,
  ),
  Mul: broadcast((a, b) => productOf([a, b])),
  Div: broadcast(divided),
  Min: broadcast(),
  Max: broadcast(),
  Mean: broadcast(),
  Mod: broadcast(),
  Pow: broadcast(),
  PRelu: broadcast(),
  Sum: broadcast(),
  And: compared,
  Equal: equal,
  Greater: compared,
  GreaterOrEqual: compared,
  Less: compared,
  LessOrEqual: compared,
  Or: compared,
  Cast: ([x], attributes) => {
    const to = integerOf(attributes, 'to', 0);
    const dtype = DTYPES[to];
    if (!dtype) throw new ConfigError(`Cast must be to float32, int32, int64 or bool, got ONNX type ${to}`);
    const elements = dtype === 'float32' ? undefined : elementsOf(x);
    return [{ dtype, shape: must(x).shape, ...(elements ? { elements } : {}) }];
  },
  Dropout: ([x], _, outputCount) => {
    const { dtype, shape } = must(x);
    return [
      { dtype, shape },
      { dtype: 'bool' as const, shape },
    ].slice(0, outputCount);
  },
  Identity: ([x]) => {
    const elements = elementsOf(x);
    return [{ dtype: must(x).dtype, shape: must(x).shape, ...(elements ? { elements } : {}) }];
  },
  Where: where,
} satisfies Record<string, ShapeRule>;
