/**
 * The recurrence of a gated recurrent unit (Cho et al. 2014, in the form whose reset gate acts after the matrix
 * product, as PyTorch's and Keras' do), unrolled like that of the LSTM.
 */
import { int, integerOf } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import { reduceSum } from '../gradients/nodes.js';
import type { GradientRule } from '../gradients/rule.js';
import type { GraphBuilder, Value } from '../graph.js';
import { besides, columnsOf, partsOf, sequenceOf, shifted, stepsOf } from './sequence.js';

/** What the recurrence works on. Gates stand in ONNX's order: update, reset, hidden. */
export interface GruSteps {
  /** [steps * batch, 3 * units]: the inputs' part of the gates, with biases. */
  readonly gates: Value;
  /** [3 * units, units]: from the state of the step before to the gates. */
  readonly recurrent: Value;
  /** [3 * units]: joins the product with `recurrent`. */
  readonly recurrentBias: Value;
  readonly steps: number;
  readonly units: number;
  /** [batch, units]; absent: zeros. */
  readonly initialState?: Value | undefined;
}

/** States of all steps, [steps * batch, units], and the last. */
export interface GruResults {
  readonly states: Value;
  readonly lastState: Value;
}

/** Adds the recurrence to the graph. */
export function gruSteps(builder: GraphBuilder, gru: GruSteps): GruResults {
  const { gates, recurrent, recurrentBias, initialState, steps, units } = gru;
  const inputs = [gates, recurrent, recurrentBias, initialState ?? null];
  const attributes = { steps: int(steps), units: int(units) };
  const [states, lastState] = builder.composite('GruSteps', inputs, attributes, () => {
    const kept = forward(builder, gru);
    return {
      outputs: [sequenceOf(builder, kept.states), builder.node('Identity', [kept.states.at(-1) as Value])],
      saved: [kept.squashed, kept.products, kept.candidates, kept.states].flat(),
    };
  });
  return { states: states as Value, lastState: lastState as Value };
}

function forward(builder: GraphBuilder, gru: GruSteps) {
  const { gates, recurrent, recurrentBias, steps, units } = gru;
  const { add, sub, mul, tanh, sigmoid } = arithmeticOf(builder);
  const kept = {
    /** Update and reset gates. */
    squashed: [] as Value[],
    /** The part of the candidate that comes from the state, before the reset gate. */
    products: [] as Value[],
    candidates: [] as Value[],
    states: [] as Value[],
  };
  const parts = stepsOf(builder, gates, steps);
  let state = gru.initialState ?? zeroState(builder, parts[0] as Value, units);
  for (const part of parts) {
    const product = builder.node('Gemm', [state, recurrent, recurrentBias], { transB: int(1) });
    const [ownGates, ownCandidate] = gatesAndCandidate(builder, part, units);
    const [fromState, ownProduct] = gatesAndCandidate(builder, product, units);
    const squashed = sigmoid(add(ownGates, fromState));
    const [update, reset] = columnsOf(builder, squashed, units) as [Value, Value];
    const candidate = tanh(add(ownCandidate, mul(reset, ownProduct)));
    state = add(candidate, mul(update, sub(state, candidate)));
    kept.squashed.push(squashed);
    kept.products.push(ownProduct);
    kept.candidates.push(candidate);
    kept.states.push(state);
  }
  return kept;
}

/** [batch, units] of zeros, for a batch known only when the graph runs. */
function zeroState(builder: GraphBuilder, part: Value, units: number): Value {
  const { mul } = arithmeticOf(builder);
  return mul(columnsOf(builder, part, units)[0] as Value, 0);
}

function gatesAndCandidate(builder: GraphBuilder, value: Value, units: number): [Value, Value] {
  return partsOf(builder, value, 1, [2 * units, units]) as [Value, Value];
}

/** By the gates, the recurrent matrix and its bias, and the initial state. */
export const gruRule: GradientRule = (context) => {
  const { builder, attributes, inputs, saved, gradients, wants } = context;
  const { add, sub, mul } = arithmeticOf(builder);
  const steps = integerOf(attributes, 'steps', 1);
  const units = integerOf(attributes, 'units', 1);
  const [, recurrent, , initialState] = inputs as [Value, Value, Value, Value | null];
  const kept = (place: number) => saved.slice(place * steps, (place + 1) * steps);
  const [squashed, products, candidates, states] = [0, 1, 2, 3].map(kept) as [
    Value[],
    Value[],
    Value[],
    Value[],
  ];

  // Of all steps at once: what the gradient by the state is multiplied with.
  const [update, reset] = columnsOf(builder, sequenceOf(builder, squashed), units) as [Value, Value];
  const candidate = sequenceOf(builder, candidates);
  const stateBefore = shifted(builder, states, initialState);
  const slope = (gate: Value) => mul(gate, sub(1, gate));
  const candidateFactor = mul(sub(1, update), sub(1, mul(candidate, candidate)));
  const resetFactor = mul(mul(candidateFactor, sequenceOf(builder, products)), slope(reset));
  const updateFactor = mul(sub(stateBefore, candidate), slope(update));
  const productFactors = besides(builder, [updateFactor, resetFactor, mul(candidateFactor, reset)]);

  const inSteps = (sequence: Value) => stepsOf(builder, sequence, steps);
  const [factors, updates] = [productFactors, update].map(inSteps) as [Value[], Value[]];
  const byStates = gradients[0] ? inSteps(gradients[0]) : [];
  const byProducts: Value[] = [];
  const byEach: Value[] = [];
  let carried = gradients[1] ?? null;
  for (let step = steps - 1; step >= 0; step--) {
    const own = byStates[step];
    const byState = (own && carried ? add(own, carried) : (own ?? carried)) as Value;
    const byProduct = mul(besides(builder, [byState, byState, byState]), factors[step] as Value);
    carried = builder.node('Gemm', [byProduct, recurrent, mul(byState, updates[step] as Value)]);
    byProducts.unshift(byProduct);
    byEach.unshift(byState);
  }
  const all = sequenceOf(builder, byProducts);
  const [byGates] = gatesAndCandidate(builder, all, units);
  return [
    besides(builder, [byGates, mul(sequenceOf(builder, byEach), candidateFactor)]),
    wants(1) ? builder.node('Gemm', [all, stateBefore], { transA: int(1) }) : null,
    wants(2) ? reduceSum(builder, all, [0], false) : null,
    wants(3) ? carried : null,
  ];
};
