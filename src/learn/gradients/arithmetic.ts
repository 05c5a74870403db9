/** Gradients of arithmetic, element by element. */
import { elementwise, variadic } from './formulas.js';
import { cast } from './nodes.js';
import { type GradientRule, inputAt } from './rule.js';

/** Where several inputs are equally large (or small), they share the gradient. */
const extreme = variadic(({ context, y, dy, mul, div, add, isEqual }, input) => {
  const winners = context.inputs.map((_, index) => isEqual(inputAt(context, index), y));
  const count = winners.reduce((sum, winner) => add(sum, winner));
  return div(mul(dy, isEqual(input, y)), count);
});

/** The base may be raised to integers; by the exponent, there is a gradient only for positive bases. */
const power = elementwise(
  ({ context, x, b, dy, mul, sub, pow }) => {
    const exponent = cast(context.builder, b, 'float32');
    return mul(dy, mul(exponent, pow(x, sub(exponent, 1))));
  },
  ({ x, y, dy, mul, log, greater, where }) => where(greater(x, 0), mul(dy, mul(y, log(x))), 0),
);

/** What is cut off has no gradient; the bound that cut it has. */
const clip = elementwise(
  ({ x, y, dy, mul, isEqual }) => mul(dy, isEqual(x, y)),
  ({ x, b, dy, mul, isGreater }) => mul(dy, isGreater(b, x)),
  ({ context, x, dy, mul, isGreater }) => mul(dy, isGreater(x, inputAt(context, 2))),
);

/** Steps: their gradient is zero wherever there is one. */
const flat: GradientRule = () => [];

export const arithmeticRules = {
  Abs: elementwise(({ x, dy, mul, sign }) => mul(dy, sign(x))),
  Add: variadic(({ dy }) => dy),
  Ceil: flat,
  Clip: clip,
  Cos: elementwise(({ x, dy, mul, neg, sin }) => neg(mul(dy, sin(x)))),
  Div: elementwise(
    ({ b, dy, div }) => div(dy, b),
    ({ b, y, dy, mul, div, neg }) => neg(div(mul(dy, y), b)),
  ),
  Erf: elementwise(({ x, dy, mul, neg, exp }) => mul(mul(dy, exp(neg(mul(x, x)))), 2 / Math.sqrt(Math.PI))),
  Exp: elementwise(({ y, dy, mul }) => mul(dy, y)),
  Floor: flat,
  Identity: elementwise(({ dy }) => dy),
  Log: elementwise(({ x, dy, div }) => div(dy, x)),
  Max: extreme,
  Mean: variadic(({ context, dy, div }) => div(dy, context.inputs.length)),
  Min: extreme,
  Mul: elementwise(
    ({ b, dy, mul }) => mul(dy, b),
    ({ x, dy, mul }) => mul(dy, x),
  ),
  Neg: elementwise(({ dy, neg }) => neg(dy)),
  Pow: power,
  Reciprocal: elementwise(({ y, dy, mul, neg }) => neg(mul(dy, mul(y, y)))),
  Round: flat,
  Sign: flat,
  Sin: elementwise(({ x, dy, mul, cos }) => mul(dy, cos(x))),
  Sqrt: elementwise(({ y, dy, mul, div }) => div(mul(dy, 0.5), y)),
  Sub: elementwise(
    ({ dy }) => dy,
    ({ dy, neg }) => neg(dy),
  ),
  Sum: variadic(({ dy }) => dy),
  Where: elementwise(
    null,
    ({ x, dy, where }) => where(x, dy, 0),
    ({ x, dy, where }) => where(x, 0, dy),
  ),
} satisfies Record<string, GradientRule>;
