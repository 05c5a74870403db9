/** Gradients of reductions. */
import { integerOf } from '../attributes.js';
import type { Value } from '../graph.js';
import { reducedAxes } from '../shapes/movement.js';
import { type Arithmetic, arithmeticOf } from './formulas.js';
import { countAlong, expandLike, reduceSum, unsqueeze } from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';
import { inputAt, outputGradient, outputOf } from './rule.js';

/** What a line may use: input `x`, and output `y` and its gradient `dy` with the reduced axes of size 1. */
interface Line extends Arithmetic {
  readonly context: RuleContext;
  readonly axes: readonly number[];
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
}

function reduction(gradient: (line: Line) => Value): GradientRule {
  return (context) => {
    const { builder, attributes, inputs } = context;
    const axes = reducedAxes(context.op, inputs, attributes);
    const kept = integerOf(attributes, 'keepdims', 1) === 1;
    const wide = (value: Value) => (kept ? value : unsqueeze(builder, value, axes));
    const x = inputAt(context, 0);
    const [y, dy] = [wide(outputOf(context)), wide(outputGradient(context))];
    const made = gradient({ ...arithmeticOf(builder), context, axes, x, y, dy });
    return [made.shape.every((size, axis) => size === x.shape[axis]) ? made : expandLike(builder, made, x)];
  };
}

/** Where several elements are equally large (or small), they share the gradient. */
const extreme = reduction(({ context, axes, x, y, dy, mul, div, isEqual }) => {
  const winners = isEqual(x, y);
  return mul(winners, div(dy, reduceSum(context.builder, winners, axes, true)));
});

export const reductionRules = {
  ReduceL1: reduction(({ x, dy, mul, sign }) => mul(dy, sign(x))),
  // At the origin there is no gradient: zero, as elsewhere.
  ReduceL2: reduction(({ x, y, dy, div, greater, mul, where }) =>
    mul(x, where(greater(y, 0), div(dy, y), 0)),
  ),
  ReduceLogSumExp: reduction(({ x, y, dy, exp, mul, sub }) => mul(dy, exp(sub(x, y)))),
  ReduceMax: extreme,
  ReduceMean: reduction(({ context, axes, x, dy, div }) => div(dy, countAlong(context.builder, x, axes))),
  ReduceMin: extreme,
  ReduceSum: reduction(({ dy }) => dy),
  ReduceSumSquare: reduction(({ x, dy, mul }) => mul(mul(dy, 2), x)),
} satisfies Record<string, GradientRule>;
