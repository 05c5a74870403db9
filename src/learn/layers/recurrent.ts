/** Recurrent layers: from [batch, time, features] to the states after each step, [batch, time, units]. */
import { int } from '../attributes.js';
import { reshape, transpose, unsqueeze } from '../gradients/nodes.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import { gruSteps } from '../recurrent/gru-steps.js';
import { lstmSteps } from '../recurrent/lstm-steps.js';
import { productOf } from '../shapes/dims.js';
import { known } from '../shapes.js';
import { checkSize, glorotUniform, type Initializer, type Layer } from './layer.js';

/**
 * Options of `lstm`: where the biases of the forget gates start. Default 0: a bias of 1 (Jozefowicz et al. 2015) lets
 * the cell sum up noise over a long unrolled sequence, and took several times as many steps on Shakespeare.
 */
export interface LstmOptions {
  readonly forgetBias?: number;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997). Parameters: `weight` [features, 4 * units],
 * `recurrent` [4 * units, units] and `bias` [4 * units], gates in the order input, output, forget, cell. `weight`
 * starts Glorot-uniform gate by gate, `recurrent` uniform within 1 / sqrt(units), the bias at zero but for the
 * forget gates' at `forgetBias`.
 */
export function lstm(units: number, { forgetBias = 0 }: LstmOptions = {}): Layer {
  checkSize('units', units);
  return (input, context) => {
    const { builder, parameter, training } = context;
    const name = `lstm${context.nextOf('lstm')}`;
    const features = known(input.shape[2] ?? 0);
    const start = uniformWithin(units);
    const weight = parameter(`${name}.weight`, [features, 4 * units], glorotUniform(features, units));
    const recurrent = parameter(`${name}.recurrent`, [4 * units, units], start);
    const biases = new Float32Array(4 * units).fill(forgetBias, 2 * units, 3 * units);
    const bias = parameter(`${name}.bias`, [4 * units], { values: biases });
    if (!training) return lstmOperator(builder, input, { weight, recurrent, bias, units });
    const sequence = timeFirst(builder, input);
    const { states } = lstmSteps(builder, {
      gates: builder.node('Gemm', [sequence.rows, weight, bias]),
      recurrent,
      steps: sequence.steps,
      units,
    });
    return batchFirst(builder, states, sequence);
  };
}

/** Options of `cifg`: `projection` is the width of the state, at most `units`; absent: not projected. */
export interface CifgOptions {
  readonly projection?: number;
}

/**
 * An LSTM whose forget gate is 1 minus its input gate (CIFG; Greff et al. 2017), with a recurrent projection if
 * asked for: the cell of Hard et al. (2018), section 3. Parameters: `weight` [features, 3 * units], `recurrent`
 * [3 * units, state], `bias` [3 * units] and `projection` [state, units]; gates in the order input, output, cell.
 */
export function cifg(units: number, { projection }: CifgOptions = {}): Layer {
  checkSize('units', units);
  if (projection !== undefined) checkSize('projection', projection);
  return (input, context) => {
    const { builder, parameter } = context;
    const name = `cifg${context.nextOf('cifg')}`;
    const features = known(input.shape[2] ?? 0);
    const width = projection ?? units;
    const start = uniformWithin(units);
    const weight = parameter(`${name}.weight`, [features, 3 * units], glorotUniform(features, units));
    const recurrent = parameter(`${name}.recurrent`, [3 * units, width], start);
    const bias = parameter(`${name}.bias`, [3 * units], 'zeros');
    const matrix = projection && parameter(`${name}.projection`, [width, units], start);
    const sequence = timeFirst(builder, input);
    const { states } = lstmSteps(builder, {
      gates: builder.node('Gemm', [sequence.rows, weight, bias]),
      recurrent,
      steps: sequence.steps,
      units,
      coupled: true,
      ...(matrix ? { projection: matrix } : {}),
    });
    return batchFirst(builder, states, sequence);
  };
}

/**
 * Gated recurrent unit (Cho et al. 2014; the reset gate acts after the product, as in PyTorch). Parameters:
 * `weight` [features, 3 * units], `recurrent` [3 * units, units], `bias` and `recurrentBias` [3 * units], gates in
 * the order update, reset, hidden.
 */
export function gru(units: number): Layer {
  checkSize('units', units);
  return (input, context) => {
    const { builder, parameter, training } = context;
    const name = `gru${context.nextOf('gru')}`;
    const features = known(input.shape[2] ?? 0);
    const start = uniformWithin(units);
    const weight = parameter(`${name}.weight`, [features, 3 * units], glorotUniform(features, units));
    const recurrent = parameter(`${name}.recurrent`, [3 * units, units], start);
    const bias = parameter(`${name}.bias`, [3 * units], 'zeros');
    const recurrentBias = parameter(`${name}.recurrentBias`, [3 * units], 'zeros');
    if (!training) return gruOperator(builder, input, { weight, recurrent, bias, recurrentBias, units });
    const sequence = timeFirst(builder, input);
    const { states } = gruSteps(builder, {
      gates: builder.node('Gemm', [sequence.rows, weight, bias]),
      recurrent,
      recurrentBias,
      steps: sequence.steps,
      units,
    });
    return batchFirst(builder, states, sequence);
  };
}

/** The state after the last step alone: from [batch, time, units] to [batch, units]. */
export function lastStep(): Layer {
  return (input, { builder }) => {
    const [batch, , units] = input.shape as [Dim, Dim, Dim];
    const index = builder.constant('int64', [], [-1]);
    return builder.node(
      'Gather',
      [input, index],
      { axis: int(1) },
      { dtype: input.dtype, shape: [batch, units] },
    );
  };
}

/** A sequence with its steps one behind the other, and what it takes to turn it back. */
interface TimeFirst {
  /** [steps * batch, features]. */
  readonly rows: Value;
  readonly steps: number;
  readonly batch: Dim;
}

function timeFirst(builder: GraphBuilder, input: Value): TimeFirst {
  const [batch, time, features] = input.shape as [Dim, Dim, Dim];
  const steps = known(time);
  const turned = transpose(builder, input, [1, 0, 2]);
  return { rows: reshape(builder, turned, [productOf([steps, batch]), features]), steps, batch };
}

function batchFirst(builder: GraphBuilder, rows: Value, { steps, batch }: TimeFirst): Value {
  return transpose(builder, reshape(builder, rows, [steps, batch, rows.shape[1] ?? 0]), [1, 0, 2]);
}

interface OperatorWeights {
  readonly weight: Value;
  readonly recurrent: Value;
  readonly bias: Value;
  readonly units: number;
}

/** Where no gradient is taken, ONNX's own operator: the graph stays small, and other tools know it. */
function lstmOperator(builder: GraphBuilder, input: Value, weights: OperatorWeights): Value {
  const noBias = new Array<number>(4 * weights.units).fill(0);
  const recurrentBias = builder.constant('float32', [4 * weights.units], noBias);
  return operator(builder, 'LSTM', input, { ...weights, recurrentBias });
}

function gruOperator(
  builder: GraphBuilder,
  input: Value,
  weights: OperatorWeights & { readonly recurrentBias: Value },
): Value {
  return operator(builder, 'GRU', input, weights, { linear_before_reset: int(1) });
}

function operator(
  builder: GraphBuilder,
  op: 'LSTM' | 'GRU',
  input: Value,
  { weight, recurrent, bias, recurrentBias, units }: OperatorWeights & { readonly recurrentBias: Value },
  attributes: Readonly<Record<string, ReturnType<typeof int>>> = {},
): Value {
  const [batch, time] = input.shape as [Dim, Dim];
  const biases = builder.node('Concat', [bias, recurrentBias], { axis: int(0) });
  const inputs = [
    transpose(builder, input, [1, 0, 2]),
    unsqueeze(builder, transpose(builder, weight, [1, 0]), [0]),
    unsqueeze(builder, recurrent, [0]),
    unsqueeze(builder, biases, [0]),
  ];
  const type = { dtype: input.dtype, shape: [time, 1, batch, units] };
  const [made] = builder.nodes(op, inputs, { hidden_size: int(units), ...attributes }, [type]);
  const states = builder.node('Squeeze', [made as Value, builder.constant('int64', [1], [1])]);
  return transpose(builder, states, [1, 0, 2]);
}

/** As PyTorch's recurrent layers start. */
function uniformWithin(units: number): Initializer {
  return { uniformLimit: 1 / Math.sqrt(units) };
}
