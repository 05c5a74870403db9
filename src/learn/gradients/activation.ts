/** Gradients of activations, element by element and along an axis. */
import { integerOf } from '../attributes.js';
import type { Value } from '../graph.js';
import { axisOf } from '../shapes/rule.js';
import { elementwise } from './formulas.js';
import { reduceSum } from './nodes.js';
import type { GradientRule, RuleContext } from './rule.js';

/** Comparing and casting takes half the time of `Sign`. */
const relu = elementwise(({ y, dy, mul, isGreater }) => mul(dy, isGreater(y, 0)));

/** From -3 to 3, x times (x + 3) / 6; 0 before and x behind. */
const hardSwish = elementwise(({ x, dy, abs, add, div, greater, isGreater, mul, where }) =>
  mul(dy, where(greater(3, abs(x)), add(div(x, 3), 0.5), isGreater(x, 0))),
);

const selu = elementwise(({ x, y, dy, attribute, add, greater, mul, where }) => {
  const alpha = attribute('alpha', 1.6732632);
  const gamma = attribute('gamma', 1.050701);
  return mul(dy, where(greater(x, 0), gamma, add(y, alpha * gamma)));
});

const softmax = elementwise(({ context, y, dy, mul, sub }) => {
  const product = mul(dy, y);
  return sub(product, mul(y, sumAlong(context, product)));
});

const logSoftmax = elementwise(({ context, y, dy, exp, mul, sub }) =>
  sub(dy, mul(exp(y), sumAlong(context, dy))),
);

/** The sum along the axis that the operator normalises. */
function sumAlong({ builder, attributes }: RuleContext, value: Value): Value {
  const axis = axisOf(integerOf(attributes, 'axis', -1), value.shape.length);
  return reduceSum(builder, value, [axis], true);
}

export const activationRules = {
  Elu: elementwise(({ x, y, dy, attribute, add, greater, mul, where }) =>
    mul(dy, where(greater(x, 0), 1, add(y, attribute('alpha', 1)))),
  ),
  HardSigmoid: elementwise(({ y, dy, attribute, isGreater, mul }) =>
    mul(mul(dy, attribute('alpha', 0.2)), mul(isGreater(y, 0), isGreater(1, y))),
  ),
  HardSwish: hardSwish,
  LeakyRelu: elementwise(({ x, dy, attribute, greater, mul, where }) =>
    mul(dy, where(greater(x, 0), 1, attribute('alpha', 0.01))),
  ),
  LogSoftmax: logSoftmax,
  PRelu: elementwise(
    ({ x, b, dy, greater, mul, where }) => mul(dy, where(greater(x, 0), 1, b)),
    ({ x, dy, greater, mul, where }) => mul(dy, where(greater(x, 0), 0, x)),
  ),
  Relu: relu,
  Selu: selu,
  Sigmoid: elementwise(({ y, dy, mul, sub }) => mul(dy, sub(y, mul(y, y)))),
  Softmax: softmax,
  Softplus: elementwise(({ x, dy, mul, sigmoid }) => mul(dy, sigmoid(x))),
  Tanh: elementwise(({ y, dy, mul, sub }) => mul(dy, sub(1, mul(y, y)))),
} satisfies Record<string, GradientRule>;
