/**
 * Recurrences written with ordinary nodes, step after step, for the rarer cells of imported models. Their gradients
 * follow from those of the nodes, which costs more than a composite with a rule of its own: a product of matrices a
 * step for each weight.
 */
import { int } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import type { GraphBuilder, Value } from '../graph.js';
import type { GruResults, GruSteps } from './gru-steps.js';
import { columnsOf, partsOf, sequenceOf, stepsOf } from './sequence.js';

/** A GRU whose reset gate acts before the matrix product (Cho et al. 2014, as first published). */
export function earlyResetGru(builder: GraphBuilder, gru: GruSteps): GruResults {
  const { recurrent, recurrentBias, units } = gru;
  const { add, sub, mul, tanh, sigmoid } = arithmeticOf(builder);
  const rows = (value: Value) => partsOf(builder, value, 0, [2 * units, units]) as [Value, Value];
  const [squashing, bending] = rows(recurrent);
  const [squashingBias, bendingBias] = rows(recurrentBias);
  const [updateBias, resetBias] = partsOf(builder, squashingBias, 0, [units, units]) as [Value, Value];
  return eachStep(builder, gru, (part, state) => {
    const [update, reset, own] = columnsOf(builder, part, units) as [Value, Value, Value];
    const fromState = state && product(builder, state, squashing, squashingBias);
    const [moreUpdate, moreReset] = fromState ? columnsOf(builder, fromState, units) : [];
    const z = sigmoid(add(update, moreUpdate ?? updateBias));
    const r = sigmoid(add(reset, moreReset ?? resetBias));
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
