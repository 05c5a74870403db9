/** ONNX's operators LSTM, GRU and RNN as recurrences that can be trained through. */
import { ConfigError } from '../../errors.js';
import { floatOf, int, integerOf, textOf } from '../attributes.js';
import { reshape, squeeze, unsqueeze } from '../gradients/nodes.js';
import type { Attributes, Dim, GraphBuilder, Value } from '../graph.js';
import { productOf } from '../shapes/dims.js';
import { known } from '../shapes.js';
import { gruSteps } from './gru-steps.js';
import { lstmSteps } from './lstm-steps.js';
import { earlyResetGru, plainRecurrence } from './plain-steps.js';
import { partsOf, sequenceOf, stepsOf } from './sequence.js';

export type RecurrentOperator = 'LSTM' | 'GRU' | 'RNN';

/** Gates of each cell, in rows of its matrices. */
const GATES: Readonly<Record<RecurrentOperator, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Steps are unrolled: a file must not ask for a graph without end. */
const MAX_STEPS = 4096;

const USUAL_ACTIVATIONS: Readonly<Record<RecurrentOperator, string>> = {
  LSTM: 'Sigmoid,Tanh,Tanh',
  GRU: 'Sigmoid,Tanh',
  RNN: 'Tanh',
};

/**
 * The operator's outputs: states [time, directions, batch, units], the last of them, and for an LSTM the last cell.
 *
 * @throws {ConfigError} for what cannot be trained through: lengths of sequences, peepholes, bounds on the gates,
 *   unusual activations, coupled gates, a batch in front.
 */
export function recurrentOperator(
  builder: GraphBuilder,
  op: RecurrentOperator,
  inputs: readonly (Value | null | undefined)[],
  attributes: Attributes,
): Value[] {
  checkOperator(op, inputs, attributes);
  const [input, , recurrent] = inputs as [Value, Value, Value];
  const [time, batch, features] = input.shape as [Dim, Dim, Dim];
  const steps = known(time);
  if (steps < 1 || steps > MAX_STEPS) {
    throw new ConfigError(`a sequence must have 1 to ${MAX_STEPS} steps to train ${op}, got ${steps}`);
  }
  const units = known(recurrent.shape[2] ?? 0);
  const rows = reshape(builder, input, [productOf([steps, batch]), features]);
  const direction = textOf(attributes, 'direction', 'forward');
  const count = direction === 'bidirectional' ? 2 : 1;
  const perInput = inputs.map((value, place) =>
    value && place > 0 ? directionsOf(builder, value, count) : [],
  );
  const results = Array.from({ length: count }, (_, place) => {
    const backwards = direction === 'reverse' || place === 1;
    const weights = perInput.map((parts) => parts[place]);
    const made = oneDirection(builder, op, { rows, weights, steps, units, attributes, backwards });
    const states = backwards ? reversed(builder, made.states, steps) : made.states;
    return { ...made, states: reshape(builder, states, [steps, 1, batch, units]) };
  });
  const join = (values: readonly Value[], axis: number) =>
    values.length === 1 ? (values[0] as Value) : builder.node('Concat', values, { axis: int(axis) });
  const last = (value: (result: (typeof results)[number]) => Value | undefined) =>
    join(
      results.flatMap((result) => value(result) ?? []).map((each) => unsqueeze(builder, each, [0])),
      0,
    );
  return [
    join(
      results.map(({ states }) => states),
      1,
    ),
    last(({ lastState }) => lastState),
    ...(op === 'LSTM' ? [last(({ lastCell }) => lastCell)] : []),
  ];
}

interface Direction {
  /** [steps * batch, features]. */
  readonly rows: Value;
  /** The operator's inputs without their axis of directions, from the second on. */
  readonly weights: readonly (Value | undefined)[];
  readonly steps: number;
  readonly units: number;
  readonly attributes: Attributes;
  readonly backwards: boolean;
}

interface Results {
  readonly states: Value;
  readonly lastState: Value;
  readonly lastCell?: Value;
}

function oneDirection(builder: GraphBuilder, op: RecurrentOperator, direction: Direction): Results {
  const { rows, weights, steps, units, attributes, backwards } = direction;
  const [, weight, recurrent, biases, , initialState, initialCell] = weights as [
    undefined,
    Value,
    Value,
    ...(Value | undefined)[],
  ];
  const width = GATES[op] * units;
  const [inputBias, stateBias] = biasesOf(builder, biases, width);
  const ownBias = op === 'LSTM' ? builder.node('Add', [inputBias, stateBias]) : inputBias;
  const inOrder = builder.node('Gemm', [rows, weight, ownBias], { transB: int(1) });
  const gates = backwards ? reversed(builder, inOrder, steps) : inOrder;
  if (op === 'LSTM') return lstmSteps(builder, { gates, recurrent, steps, units, initialState, initialCell });
  const cell = { gates, recurrent, recurrentBias: stateBias, steps, units, initialState };
  if (op === 'RNN') return plainRecurrence(builder, { ...cell, activation: activationOf(attributes) });
  const lateReset = integerOf(attributes, 'linear_before_reset', 0) === 1;
  return lateReset ? gruSteps(builder, cell) : earlyResetGru(builder, cell);
}

function biasesOf(builder: GraphBuilder, biases: Value | undefined, width: number): [Value, Value] {
  if (!biases) {
    const zeros = builder.constant('float32', [width], new Array<number>(width).fill(0));
    return [zeros, zeros];
  }
  return partsOf(builder, biases, 0, [width, width]) as [Value, Value];
}

/** Each direction's part of an input whose first axis is the directions. */
function directionsOf(builder: GraphBuilder, value: Value, count: number): Value[] {
  const parts = partsOf(builder, value, 0, new Array<number>(count).fill(1));
  return parts.map((part) => squeeze(builder, part, [0]));
}

function reversed(builder: GraphBuilder, sequence: Value, steps: number): Value {
  return sequenceOf(builder, stepsOf(builder, sequence, steps).toReversed());
}

function activationOf(attributes: Attributes): 'Tanh' | 'Relu' | 'Sigmoid' {
  const [name = 'Tanh'] = activationNames(attributes);
  return name as 'Tanh' | 'Relu' | 'Sigmoid';
}

function activationNames({ activations }: Attributes): readonly string[] {
  return activations && 'strings' in activations ? activations.strings : [];
}

function checkOperator(
  op: RecurrentOperator,
  inputs: readonly (Value | null | undefined)[],
  attributes: Attributes,
): void {
  const refuse = (what: string, got: string) => {
    throw new ConfigError(`${what} in ${op}, got ${got}`);
  };
  const given = activationNames(attributes).join();
  const perDirection = given.split(',').slice(0, USUAL_ACTIVATIONS[op].split(',').length).join();
  const fits = op === 'RNN' ? /^(Tanh|Relu|Sigmoid)?$/ : new RegExp(`^(${USUAL_ACTIVATIONS[op]})?$`);
  const same = given === '' || given === perDirection || given === `${perDirection},${perDirection}`;
  if (!fits.test(perDirection) || !same) {
    refuse(`activations must be the usual ${USUAL_ACTIVATIONS[op]}`, given);
  }
  if (inputs[4]) refuse('lengths of sequences must be left out', `"${inputs[4].name}"`);
  if (inputs[7]) refuse('peepholes must be left out', `"${inputs[7].name}"`);
  if (integerOf(attributes, 'layout', 0) !== 0) refuse('the batch must be the second axis', 'layout 1');
  if (integerOf(attributes, 'input_forget', 0) !== 0) refuse('gates must not be coupled', 'input_forget 1');
  const bound = floatOf(attributes, 'clip', 0);
  if (bound > 0) refuse('clip must be left out', String(bound));
}
