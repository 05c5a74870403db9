/**
 * The recurrence of an LSTM (Hochreiter and Schmidhuber 1997, with forget gates), unrolled: forward as a composite
 * of few nodes a step, backward with every product that does not wait for another step taken over all steps at once.
 *
 * Unrolled, and not a loop (Scan): that loads faster and runs a few percent faster natively, not in WASM, but asks for
 * graphs inside graphs in all of the compiler. Measured in docs/operators.md.
 */
import { int, integerOf } from '../attributes.js';
import { arithmeticOf } from '../gradients/formulas.js';
import type { GradientRule } from '../gradients/rule.js';
import type { GraphBuilder, Value } from '../graph.js';
import { besides, columnsOf, partsOf, sequenceOf, shifted, stepsOf } from './sequence.js';

/**
 * What the recurrence works on. Gates stand in ONNX's order: input, output, forget, cell; a coupled cell has no
 * forget gate of its own (f = 1 - i; Greff et al. 2017), so that its gates are input, output, cell.
 */
export interface LstmSteps {
  /** [steps * batch, gates * units]: the inputs' part of the gates, with biases. */
  readonly gates: Value;
  /** [gates * units, state]: from the state of the step before to the gates. */
  readonly recurrent: Value;
  readonly steps: number;
  readonly units: number;
  readonly coupled?: boolean;
  /** [state, units]: the state is this projection of the units (Sak et al. 2014); absent: the units themselves. */
  readonly projection?: Value | undefined;
  /** [batch, state] and [batch, units]; absent: zeros. */
  readonly initialState?: Value | undefined;
  readonly initialCell?: Value | undefined;
}

/** States of all steps, [steps * batch, state], and the last state and cell. */
export interface LstmResults {
  readonly states: Value;
  readonly lastState: Value;
  readonly lastCell: Value;
}

/** Adds the recurrence to the graph. */
export function lstmSteps(builder: GraphBuilder, lstm: LstmSteps): LstmResults {
  const { gates, recurrent, projection, initialState, initialCell, steps, units, coupled = false } = lstm;
  const inputs = [gates, recurrent, initialState ?? null, initialCell ?? null, projection ?? null];
  const attributes = { steps: int(steps), units: int(units), coupled: int(coupled ? 1 : 0) };
  const [states, lastState, lastCell] = builder.composite('LstmSteps', inputs, attributes, () => {
    const kept = forward(builder, lstm);
    const outputs = [
      sequenceOf(builder, kept.states),
      builder.node('Identity', [kept.states.at(-1) as Value]),
      builder.node('Identity', [kept.cells.at(-1) as Value]),
    ];
    return {
      outputs,
      saved: [kept.sigmoids, kept.candidates, kept.cells, kept.bents, kept.outs, kept.states].flat(),
    };
  });
  return { states: states as Value, lastState: lastState as Value, lastCell: lastCell as Value };
}

function forward(builder: GraphBuilder, lstm: LstmSteps) {
  const { gates, recurrent, projection, steps, units, coupled = false } = lstm;
  const { add, sub, mul, tanh, sigmoid } = arithmeticOf(builder);
  const kept = {
    /** Input, output and forget gates. */
    sigmoids: [] as Value[],
    /** What may enter the cell. */
    candidates: [] as Value[],
    cells: [] as Value[],
    /** Hyperbolic tangents of the cells. */
    bents: [] as Value[],
    /** The units, before the projection. */
    outs: [] as Value[],
    states: [] as Value[],
  };
  let state = lstm.initialState;
  let cell = lstm.initialCell;
  for (const part of stepsOf(builder, gates, steps)) {
    const sum = state ? builder.node('Gemm', [state, recurrent, part], { transB: int(1) }) : part;
    const widths = [Number(sum.shape[1]) - units, units];
    const [toSquash, toBend] = partsOf(builder, sum, 1, widths) as [Value, Value];
    const squashed = sigmoid(toSquash);
    const candidate = tanh(toBend);
    const [input, output, forget] = columnsOf(builder, squashed, units) as [Value, Value, Value?];
    if (!cell) cell = mul(input, candidate);
    else if (coupled) cell = add(cell, mul(input, sub(candidate, cell)));
    else cell = add(mul(forget as Value, cell), mul(input, candidate));
    const bent = tanh(cell);
    const out = mul(output, bent);
    state = projection ? builder.node('Gemm', [out, projection], { transB: int(1) }) : out;
    kept.sigmoids.push(squashed);
    kept.candidates.push(candidate);
    kept.cells.push(cell);
    kept.bents.push(bent);
    kept.outs.push(out);
    kept.states.push(state);
  }
  return kept;
}

/** By the gates, the recurrent matrix, the initial state and cell, and the projection. */
export const lstmRule: GradientRule = (context) => {
  const { builder, attributes, inputs, saved, gradients, wants } = context;
  const { add, sub, mul } = arithmeticOf(builder);
  const steps = integerOf(attributes, 'steps', 1);
  const units = integerOf(attributes, 'units', 1);
  const coupled = integerOf(attributes, 'coupled', 0) === 1;
  const [, recurrent, initialState, initialCell, projection] = inputs as [Value, Value, ...(Value | null)[]];
  const kept = (place: number) => saved.slice(place * steps, (place + 1) * steps);
  const [sigmoids, candidates, cells, bents, outs, states] = [0, 1, 2, 3, 4, 5].map(kept) as [
    Value[],
    Value[],
    Value[],
    Value[],
    Value[],
    Value[],
  ];

  // Of all steps at once: what the gradients by cell and units are multiplied with.
  const [input, output, ownForget] = columnsOf(builder, sequenceOf(builder, sigmoids), units) as [
    Value,
    Value,
    Value?,
  ];
  const candidate = sequenceOf(builder, candidates);
  const bent = sequenceOf(builder, bents);
  const cellBefore = shifted(builder, cells, initialCell ?? null);
  const forget = ownForget ?? sub(1, input);
  const slope = (gate: Value) => mul(gate, sub(1, gate));
  const cellOfUnits = mul(output, sub(1, mul(bent, bent)));
  const gatesOf = besides(builder, [
    mul(coupled ? sub(candidate, cellBefore) : candidate, slope(input)),
    mul(bent, slope(output)),
    ...(coupled ? [] : [mul(cellBefore, slope(forget))]),
    mul(input, sub(1, mul(candidate, candidate))),
  ]);

  const inSteps = (sequence: Value) => stepsOf(builder, sequence, steps);
  const [cellFactors, gateFactors, forgets] = [cellOfUnits, gatesOf, forget].map(inSteps) as [
    Value[],
    Value[],
    Value[],
  ];
  const byStates = gradients[0] ? inSteps(gradients[0]) : [];
  const byGates: Value[] = [];
  const byProjected: Value[] = [];
  let byNextCell = gradients[2] ?? null;
  let byNextGates: Value | null = null;
  for (let step = steps - 1; step >= 0; step--) {
    const last = step === steps - 1;
    const own = sum(add, byStates[step] ?? null, last ? (gradients[1] ?? null) : null);
    const byState = byNextGates ? builder.node('Gemm', [byNextGates, recurrent, ...(own ? [own] : [])]) : own;
    const byUnits = byState && projection ? builder.node('Gemm', [byState, projection]) : byState;
    const fromUnits = byUnits && mul(byUnits, cellFactors[step] as Value);
    const byCell = sum(add, fromUnits, byNextCell) as Value;
    const byOutput = byUnits ?? mul(byCell, 0);
    const order = coupled ? [byCell, byOutput, byCell] : [byCell, byOutput, byCell, byCell];
    byNextGates = mul(besides(builder, order), gateFactors[step] as Value);
    byNextCell = mul(byCell, forgets[step] as Value);
    byGates.unshift(byNextGates);
    byProjected.unshift(byState ?? mul(states[step] as Value, 0));
  }
  const all = sequenceOf(builder, byGates);
  const outer = (left: Value, right: Value) => builder.node('Gemm', [left, right], { transA: int(1) });
  return [
    all,
    wants(1) ? outer(all, shifted(builder, states, initialState ?? null)) : null,
    wants(2) ? builder.node('Gemm', [byNextGates as Value, recurrent]) : null,
    wants(3) ? byNextCell : null,
    wants(4) ? outer(sequenceOf(builder, byProjected), sequenceOf(builder, outs)) : null,
  ];
};

function sum(add: (a: Value, b: Value) => Value, a: Value | null, b: Value | null): Value | null {
  return a && b ? add(a, b) : (a ?? b);
}
