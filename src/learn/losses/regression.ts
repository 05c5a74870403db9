/** Losses of numbers: of the difference between the one output of an example and its label. */
import { ConfigError } from '../../errors.js';
import { type Arithmetic, arithmeticOf } from '../gradients/formulas.js';
import { sumAll, unsqueeze } from '../gradients/nodes.js';
import type { GraphBuilder, Value } from '../graph.js';
import type { Loss } from '../losses.js';

type Formula = (tools: Arithmetic, difference: Value) => Value;

/** The square of output minus label. */
export const meanSquaredError = ofDifference(
  ({ mul }, difference) => mul(difference, difference),
  ({ mul }, difference) => mul(difference, 2),
);

/** The size of output minus label; where both are equal, the gradient is zero. */
export const meanAbsoluteError = ofDifference(
  ({ abs }, difference) => abs(difference),
  ({ sign }, difference) => sign(difference),
);

/** Options of `huber`. */
export interface HuberOptions {
  /** Where the square goes over into a line; positive and finite, default 1. */
  readonly delta?: number;
}

/**
 * Half the square of the difference d where |d| is below `delta`, else `delta` times (|d| - delta / 2) (Huber 1964).
 *
 * @throws {ConfigError} for a `delta` that is not positive and finite.
 */
export function huber({ delta = 1 }: HuberOptions = {}): Loss {
  if (!(delta > 0 && Number.isFinite(delta))) {
    throw new ConfigError(`delta must be a positive finite number, got ${delta}`);
  }
  const bounded: Formula = ({ min, max }, difference) => max(min(difference, delta), -delta);
  return ofDifference((tools, difference) => {
    const inside = bounded(tools, difference);
    return tools.mul(inside, tools.sub(difference, tools.mul(inside, 0.5)));
  }, bounded);
}

/** From the loss of one difference, and its slope. */
function ofDifference(loss: Formula, slope: Formula): Loss {
  const difference = (builder: GraphBuilder, output: Value, labels: Value) =>
    builder.node('Sub', [output, unsqueeze(builder, labels, [1])]);
  return {
    task: 'regression',
    labelType: 'float32',
    sum: (builder, output, labels) =>
      sumAll(builder, loss(arithmeticOf(builder), difference(builder, output, labels))),
    gradient(builder, output, labels, scale) {
      const tools = arithmeticOf(builder);
      return tools.mul(slope(tools, difference(builder, output, labels)), scale);
    },
  };
}
