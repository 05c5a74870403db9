/** Runs compiled training steps: two sets of parameter buffers take turns as input and output, nothing is copied. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';
import type { Random } from '../random.js';
import { type MaskInput, names } from './compile.js';
import { compileSteps } from './compile-steps.js';
import type { Engine, EngineSession, EngineTensor } from './engine.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { shrinkage } from './pull.js';
import { fillRows, parameterTensors, type RowBuffers } from './tensors.js';
import {
  isPlain,
  type StateNames,
  shrinks,
  stateName,
  stateNamesOf,
  type UpdateKind,
} from './update-kind.js';

/** Parameters, and what the optimiser keeps, on buffers of their own. */
interface StepState {
  readonly params: Float32Array;
  /** One array of all parameters' size for each of `StateNames.arrays`. */
  readonly arrays: readonly Float32Array[];
  /** One element for each of `StateNames.numbers`. */
  readonly numbers: readonly Float32Array[];
}

/** Scalars of a step that may change from call to call. */
interface StepSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly gradientClippingNorm?: number;
  readonly exampleClippingNorm?: number;
  readonly proximalTerm?: number;
}

/** Steps of one shape (`rows` examples each, `steps` of them a call), ready to run. */
export interface StepRunner {
  /** Trains on `steps` batches of `order` from `at` on; returns the sum of their mean losses. */
  run(
    examples: Examples,
    order: Uint32Array,
    at: number,
    settings: StepSettings,
    random: Random,
  ): Promise<number>;
}

type Tensors = Record<string, EngineTensor>;

/** Compiles and loads the graph of `steps` steps a call, for batches of any size where `steps` is 1. */
export async function loadSteps(
  engine: Engine,
  model: Model,
  update: UpdateKind,
  steps: number,
  batchSize: number | null,
): Promise<LoadedSteps> {
  const { onnx, nodeCount, masks } = compileSteps(model, update, steps, batchSize);
  const countsLabels = lossOf(model.loss).count !== undefined;
  return { session: await engine.load(onnx), nodeCount, masks, steps, update, countsLabels };
}

/** A loaded step graph. */
export interface LoadedSteps {
  readonly session: EngineSession;
  readonly nodeCount: number;
  readonly masks: readonly MaskInput[];
  readonly steps: number;
  readonly update: UpdateKind;
  /** Whether the loss takes the mean over its labels itself. */
  readonly countsLabels: boolean;
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

/** Binds a loaded graph to buffers: everything a call needs is made here, once. */
export function bindSteps(
  engine: Engine,
  layout: Layout,
  loaded: LoadedSteps,
  pair: StatePair,
  rows: number,
  buffers: RowBuffers,
): StepRunner {
  const { session, masks, steps, update, countsLabels } = loaded;
  const plain = isPlain(update);
  const scalars = createScalars(engine);
  const loss = engine.tensor(new Float32Array(1), []);
  const maskTensors = masks.map(({ exampleShape, length }) =>
    engine.tensor(new Float32Array(rows * length), [rows, ...exampleShape]),
  );
  const inputTensors: Tensors = {
    ...buffers.tensors(rows * steps),
    [names.gradientScale]: scalars.gradientScale,
    ...(plain ? {} : { [names.learningRate]: scalars.learningRate }),
    ...(update.momentum ? { [names.momentum]: scalars.momentum } : {}),
    ...(shrinks(update) ? { [names.weightDecay]: scalars.weightDecay } : {}),
    ...(update.proximal && !plain ? { [names.proximalTerm]: scalars.proximalTerm } : {}),
    ...(update.pulled ? parameterTensors(engine, trainedPart(layout), pair.pull, names.pull) : {}),
    ...(update.clipped ? { [names.clippingNorm]: scalars.clippingNorm } : {}),
    ...(update.examplesClipped ? { [names.exampleClippingNorm]: scalars.exampleClippingNorm } : {}),
    ...Object.fromEntries(masks.map(({ name }, index) => [name, maskTensors[index] as EngineTensor])),
  };
  const from = pair.states.map((state) => ({
    ...inputTensors,
    ...stateTensors(engine, layout, state, pair.names, (name) => name),
  }));
  const into = pair.states.map((state) => ({
    ...stateTensors(engine, layout, state, pair.names, names.next),
    [names.lossSum]: loss,
  }));
  return {
    async run(examples, order, at, settings, random) {
      const { learningRate, momentum, gradientClippingNorm = 0 } = settings;
      const { exampleClippingNorm = 0, proximalTerm = 0 } = settings;
      fillRows(buffers, examples, order, at, rows * steps);
      const lossScale = countsLabels ? 1 : 1 / rows;
      const scale = update.examplesClipped ? 1 / rows : lossScale;
      scalars.gradientScale.data[0] = plain ? -learningRate * scale : scale;
      scalars.learningRate.data[0] = learningRate;
      scalars.momentum.data[0] = momentum;
      scalars.weightDecay.data[0] = shrinkage(update, settings);
      scalars.proximalTerm.data[0] = proximalTerm;
      scalars.clippingNorm.data[0] = gradientClippingNorm;
      scalars.exampleClippingNorm.data[0] = exampleClippingNorm;
      masks.forEach(({ rate }, index) => {
        fillMask((maskTensors[index] as EngineTensor).data, rate, random);
      });
      const { side } = pair;
      await session.run(from[side] as Tensors, into[1 - side] as Tensors);
      pair.swap();
      return (loss.data[0] ?? Number.NaN) * lossScale;
    },
  };
}

function createScalars(engine: Engine) {
  const scalar = () => engine.tensor(new Float32Array(1), []);
  return {
    gradientScale: scalar(),
    learningRate: scalar(),
    momentum: scalar(),
    weightDecay: scalar(),
    clippingNorm: scalar(),
    exampleClippingNorm: scalar(),
    proximalTerm: scalar(),
  };
}

/** Views on the buffers of a state, under the names the graph gives them. */
function stateTensors(
  engine: Engine,
  layout: Layout,
  { params, arrays, numbers }: StepState,
  kept: StateNames,
  rename: (name: string) => string,
): Tensors {
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
function trainedPart(layout: Layout): Layout {
  return { ...layout, entries: layout.entries.filter(({ statistic }) => !statistic) };
}

function fillMask(mask: Float32Array | Int32Array, rate: number, random: Random): void {
  const kept = 1 / (1 - rate);
  for (let index = 0; index < mask.length; index++) mask[index] = random.float() < rate ? 0 : kept;
}
