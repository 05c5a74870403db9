/**
 * Recurrences written with ordinary nodes, step after step, for the rarer cells of imported models. Their gradients
 * follow from those of the nodes, which costs more than a composite with a rule of its own: a product of matrices a
 * step for each weight.
 */
import { int } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import type { GraphBuilder, Value } from '../graph.js';
import type { GruResults, GruSteps } from './gru-steps.js';
import { columnsOf, sequenceOf, stepsOf } from './sequence.js';

/** A GRU whose reset gate acts before the matrix product (Cho et al. 2014, as first published). */
export function earlyResetGru(builder: GraphBuilder, gru: GruSteps): GruResults {
  const { recurrent, recurrentBias, units } = gru;
  const { add, sub, mul, tanh, sigmoid } = arithmeticOf(builder);
  const [squashing, bending] = parts(builder, recurrent, units);
  const [squashingBias, bendingBias] = parts(builder, recurrentBias, units);
  return eachStep(builder, gru, (part, state) => {
    const [update, reset, own] = columnsOf(builder, part, units) as [Value, Value, Value];
    const fromState = state && product(builder, state, squashing, squashingBias);
    const [moreUpdate, moreReset] = fromState ? columnsOf(builder, fromState, units) : [];
    const z = sigmoid(add(update, moreUpdate ?? first(builder, squashingBias, units)));
    const r = sigmoid(add(reset, moreReset ?? second(builder, squashingBias, units)));
    const bent = state ? product(builder, mul(r, state), bending, bendingBias) : bendingBias;
    const candidate = tanh(add(own, bent));
    return state ? add(candidate, mul(z, sub(state, candidate))) : mul(candidate, sub(1, z));
  });
}

/** A plain recurrent network (Elman 1990): the tangent, or another activation, of a sum. */
export function plainRecurrence(
  builder: GraphBuilder,
  rnn: GruSteps & { readonly activation: 'Tanh' | 'Relu' | 'Sigmoid' },
): GruResults {
  const { recurrent, recurrentBias, activation } = rnn;
  const { add } = arithmeticOf(builder);
  return eachStep(builder, rnn, (part, state) => {
    const more = state ? product(builder, state, recurrent, recurrentBias) : recurrentBias;
    return builder.node(activation, [add(part, more)]);
  });
}

function eachStep(
  builder: GraphBuilder,
  { gates, steps, initialState }: GruSteps,
  next: (part: Value, state: Value | undefined) => Value,
): GruResults {
  const states: Value[] = [];
  let state = initialState;
  for (const part of stepsOf(builder, gates, steps)) {
    state = next(part, state);
    states.push(state);
  }
  return { states: sequenceOf(builder, states), lastState: state as Value };
}

function product(builder: GraphBuilder, state: Value, matrix: Value, bias: Value): Value {
  return builder.node('Gemm', [state, matrix, bias], { transB: int(1) });
}

/** The rows of the update and reset gates, and those of the candidate. */
function parts(builder: GraphBuilder, value: Value, units: number): [Value, Value] {
  const sizes = [2 * units, units];
  const types = sizes.map((size) => ({ dtype: value.dtype, shape: [size, ...value.shape.slice(1)] }));
  return builder.nodes('Split', [value, builder.constant('int64', [2], sizes)], { axis: int(0) }, types) as [
    Value,
    Value,
  ];
}

function first(builder: GraphBuilder, bias: Value, units: number): Value {
  return halves(builder, bias, units)[0];
}

function second(builder: GraphBuilder, bias: Value, units: number): Value {
  return halves(builder, bias, units)[1];
}

function halves(builder: GraphBuilder, bias: Value, units: number): [Value, Value] {
  const type = { dtype: bias.dtype, shape: [units] };
  const sizes = builder.constant('int64', [2], [units, units]);
  return builder.nodes('Split', [bias, sizes], { axis: int(0) }, [type, type]) as [Value, Value];
}
