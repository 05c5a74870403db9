/** Rules of operators that work element by element, written like their formulas, as if nothing were broadcast. */
import { floatOf } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { cast } from './nodes.js';
import { type GradientRule, inputAt, outputGradient, outputOf, type RuleContext, sumTo } from './rule.js';

/** A value, or a plain number for a float32 scalar. */
type Operand = Value | number;

type Unary = (x: Operand) => Value;
type Binary = (a: Operand, b: Operand) => Value;

/** Operators by short names. Those of `is...` make 1 where the relation holds and 0 elsewhere. */
export interface Arithmetic {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly pow: Binary;
  readonly max: Binary;
  readonly min: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sign: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sqrt: Unary;
  readonly reciprocal: Unary;
  readonly erf: Unary;
  readonly tanh: Unary;
  readonly sigmoid: Unary;
  readonly sin: Unary;
  readonly cos: Unary;
  readonly greater: Binary;
  readonly isGreater: Binary;
  readonly isEqual: Binary;
  where(condition: Value, a: Operand, b: Operand): Value;
}

/** Arithmetic that writes its nodes into `builder`. */
export function arithmeticOf(builder: GraphBuilder): Arithmetic {
  const node = (op: string, operands: readonly Operand[]) =>
    builder.node(
      op,
      operands.map((each) => (typeof each === 'number' ? builder.constant('float32', [], [each]) : each)),
    );
  const unary =
    (op: string): Unary =>
    (x) =>
      node(op, [x]);
  const binary =
    (op: string): Binary =>
    (a, b) =>
      node(op, [a, b]);
  const relation =
    (op: string): Binary =>
    (a, b) =>
      cast(builder, node(op, [a, b]), 'float32');
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    pow: binary('Pow'),
    max: binary('Max'),
    min: binary('Min'),
    neg: unary('Neg'),
    abs: unary('Abs'),
    sign: unary('Sign'),
    exp: unary('Exp'),
    log: unary('Log'),
    sqrt: unary('Sqrt'),
    reciprocal: unary('Reciprocal'),
    erf: unary('Erf'),
    tanh: unary('Tanh'),
    sigmoid: unary('Sigmoid'),
    sin: unary('Sin'),
    cos: unary('Cos'),
    greater: binary('Greater'),
    isGreater: relation('Greater'),
    isEqual: relation('Equal'),
    where: (condition, a, b) => node('Where', [condition, a, b]),
  };
}

/** What a formula may use: inputs `x` and `b`, output `y`, the output's gradient `dy`, and arithmetic. */
export interface Formula extends Arithmetic {
  readonly context: RuleContext;
  readonly x: Value;
  readonly b: Value;
  readonly y: Value;
  readonly dy: Value;
  /** A real attribute of the node. */
  attribute(name: string, fallback: number): number;
}

/** A rule from a formula for the gradient by each input, in order; null where there is none. */
export function elementwise(...byInput: readonly (((formula: Formula) => Value) | null)[]): GradientRule {
  return (context) => {
    const { builder } = context;
    const formula: Formula = {
      ...arithmeticOf(builder),
      context,
      x: inputAt(context, 0),
      b: context.inputs[1] ?? inputAt(context, 0),
      y: outputOf(context),
      dy: outputGradient(context),
      attribute: (name, fallback) => floatOf(context.attributes, name, fallback),
    };
    return byInput.map((gradient, index) => {
      const input = context.inputs[index];
      return gradient && input && context.wants(index)
        ? sumTo(builder, gradient(formula), input.shape)
        : null;
    });
  };
}

/** A rule for any number of inputs, from a formula for the gradient by one of them. */
export function variadic(gradient: (formula: Formula, input: Value) => Value): GradientRule {
  return (context) =>
    elementwise(
      ...context.inputs.map((_, index) => (formula: Formula) => gradient(formula, inputAt(context, index))),
    )(context);
}
