/** The element type and shape of what each operator makes: one rule an operator, by family in `shapes/`. */
import { ConfigError } from '../errors.js';
import type { Attributes, Value } from './graph.js';
import { elementwiseShapes } from './shapes/elementwise.js';
import { matrixShapes } from './shapes/matrix.js';
import { movementShapes } from './shapes/movement.js';
import { recurrentShapes } from './shapes/recurrent.js';
import type { ShapeRule, ValueType } from './shapes/rule.js';

export { elementCount, known } from './shapes/dims.js';
export type { ValueType } from './shapes/rule.js';

const rules: Readonly<Record<string, ShapeRule>> = {
  ...elementwiseShapes,
  ...matrixShapes,
  ...movementShapes,
  ...recurrentShapes,
};

/**
 * What a node of operator `op` makes of its inputs.
 *
 * @param outputCount how many outputs are asked for, of operators that have optional ones (default 1)
 * @throws {ConfigError} for an operator that is not in the table, or a shape that only the running graph knows.
 * @throws {ShapeError} for inputs that do not fit.
 */
export function inferOutputs(
  op: string,
  inputs: readonly (Value | null)[],
  attributes: Attributes,
  outputCount = 1,
): ValueType[] {
  const rule = Object.hasOwn(rules, op) ? rules[op] : undefined;
  if (!rule) throw new ConfigError(`the shape of what "${op}" makes must be stated, it is not inferred`);
  return rule(inputs, attributes, outputCount);
}
