/** Gradients of recurrences against differences. */
import { between, type GradientCase, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { gruSteps } from '../recurrent/gru-steps.js';
import { lstmSteps } from '../recurrent/lstm-steps.js';

/** Which of the results the loss depends on. */
type Result = 'states' | 'lastState' | 'lastCell';

interface Variant {
  readonly coupled?: boolean;
  readonly projected?: boolean;
  readonly initial?: boolean;
  readonly results?: readonly Result[];
}

const lstm =
  ({ coupled = false, projected = false, initial = false, results = ['states'] }: Variant) =>
  (random: Random): GradientCase => {
    const [steps, units] = [between(random, 1, 4), between(random, 1, 3)];
    const state = projected ? between(random, 1, units) : units;
    const gates = (coupled ? 3 : 4) * units;
    return {
      inputs: [
        sequence(steps, gates),
        tensor([gates, state]),
        ...(projected ? [tensor([state, units])] : []),
        ...(initial ? [tensor(['batch', state]), tensor(['batch', units])] : []),
      ],
      sizes: { batch: 2, [rows(steps)]: steps * 2 },
      build(builder, values) {
        const next = taker(values);
        const made = lstmSteps(builder, {
          gates: next(),
          recurrent: next(),
          projection: projected ? next() : undefined,
          initialState: initial ? next() : undefined,
          initialCell: initial ? next() : undefined,
          steps,
          units,
          coupled,
        });
        return stacked(
          builder,
          results.map((result) => made[result]),
        );
      },
    };
  };

const gru =
  ({ initial = false, results = ['states'] }: Variant) =>
  (random: Random): GradientCase => {
    const [steps, units] = [between(random, 1, 4), between(random, 1, 3)];
    return {
      inputs: [
        sequence(steps, 3 * units),
        tensor([3 * units, units]),
        tensor([3 * units]),
        ...(initial ? [tensor(['batch', units])] : []),
      ],
      sizes: { batch: 2, [rows(steps)]: steps * 2 },
      build(builder, values) {
        const next = taker(values);
        const made = gruSteps(builder, {
          gates: next(),
          recurrent: next(),
          recurrentBias: next(),
          initialState: initial ? next() : undefined,
          steps,
          units,
        });
        const chosen = results.map((result) => (result === 'states' ? made.states : made.lastState));
        return stacked(builder, chosen);
      },
    };
  };

function rows(steps: number): string {
  return steps === 1 ? 'batch' : `${steps}*batch`;
}

function sequence(steps: number, width: number) {
  return tensor([rows(steps), width]);
}

function taker(values: readonly Value[]): () => Value {
  const rest = [...values];
  return () => rest.shift() as Value;
}

function stacked(builder: GraphBuilder, values: readonly Value[]): Value {
  return values.length === 1 ? (values[0] as Value) : builder.node('Concat', values, { axis: int(0) });
}

testGradients({
  'an LSTM': lstm({}),
  'an LSTM with an initial state': lstm({ initial: true }),
  'the last state of an LSTM': lstm({ results: ['lastState'], initial: true }),
  'the last cell of an LSTM': lstm({ results: ['lastCell'], initial: true }),
  'all results of an LSTM': lstm({ results: ['states', 'lastState', 'lastCell'] }),
  'an LSTM with a projection': lstm({ projected: true }),
  'an LSTM with a projection and an initial state': lstm({ projected: true, initial: true }),
  'the last cell of an LSTM with a projection': lstm({ projected: true, results: ['lastCell'] }),
  'a coupled LSTM': lstm({ coupled: true }),
  'a coupled LSTM with an initial state': lstm({ coupled: true, initial: true }),
  'a coupled LSTM with a projection': lstm({ coupled: true, projected: true, initial: true }),
  'a GRU': gru({}),
  'a GRU with an initial state': gru({ initial: true }),
  'the last state of a GRU': gru({ results: ['lastState'], initial: true }),
  'all results of a GRU': gru({ results: ['states', 'lastState'] }),
});
