/** What steps work on: two sets of parameter buffers that take turns as input and output, so that nothing is copied. */
import type { Layout } from '../params/layout.js';
import type { Engine, EngineTensor } from './engine.js';
import { parameterTensors } from './tensors.js';
import { type StateNames, stateName, stateNamesOf, type UpdateKind } from './update-kind.js';

/** Parameters, and what the optimiser keeps, on buffers of their own. */
interface StepState {
  readonly params: Float32Array;
  /** One array of all parameters' size for each of `StateNames.arrays`. */
  readonly arrays: readonly Float32Array[];
  /** One element for each of `StateNames.numbers`. */
  readonly numbers: readonly Float32Array[];
}

/** The two states that steps go to and fro between; the newest is `current()`. */
export interface StatePair {
  current(): StepState;
  /** Makes the newest state start from `params`, remembering nothing. */
  start(params: Float32Array): void;
  readonly states: readonly [StepState, StepState];
  /** What is added to every gradient; without elements where nothing is. */
  readonly pull: Float32Array;
  readonly names: StateNames;
  swap(): void;
  readonly side: 0 | 1;
}

export function createStatePair(layout: Layout, update: UpdateKind): StatePair {
  const stateNames = stateNamesOf(update);
  const create = () => ({
    params: new Float32Array(layout.size),
    arrays: stateNames.arrays.map(() => new Float32Array(layout.size)),
    numbers: stateNames.numbers.map(() => new Float32Array(1)),
  });
  const states = [create(), create()] as const;
  let side: 0 | 1 = 0;
  return {
    states,
    pull: new Float32Array(update.pulled ? layout.size : 0),
    names: stateNames,
    current: () => states[side],
    start(params) {
      const { params: own, arrays, numbers } = states[side];
      own.set(params);
      for (const kept of [...arrays, ...numbers]) kept.fill(0);
    },
    swap() {
      side = side === 0 ? 1 : 0;
    },
    get side() {
      return side;
    },
  };
}

/** Views on the buffers of a state, under the names the graph gives them. */
export function stateTensors(
  engine: Engine,
  layout: Layout,
  { params, arrays, numbers }: StepState,
  kept: StateNames,
  rename: (name: string) => string,
): Record<string, EngineTensor> {
  const tensors = parameterTensors(engine, layout, params, rename);
  kept.arrays.forEach((array, index) => {
    const values = arrays[index] as Float32Array;
    Object.assign(
      tensors,
      parameterTensors(engine, trainedPart(layout), values, (name) => rename(stateName(array, name))),
    );
  });
  kept.numbers.forEach((name, index) => {
    tensors[rename(name)] = engine.tensor(numbers[index] as Float32Array, []);
  });
  return tensors;
}

/** The parameters that gradients move, in their places among all. */
export function trainedPart(layout: Layout): Layout {
  return { ...layout, entries: layout.entries.filter(({ statistic }) => !statistic) };
}
