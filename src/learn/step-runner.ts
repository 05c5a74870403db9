/** Runs compiled training steps. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';
import type { Random } from '../random.js';
import type { MaskInput } from './compile.js';
import { compileSteps } from './compile-steps.js';
import type { Engine, EngineSession, EngineTensor } from './engine.js';
import { names } from './graph-names.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { createMasks, createScalars, type StepSettings } from './step-scalars.js';
import { type StatePair, stateTensors, trainedPart } from './step-state.js';
import { fillRows, parameterTensors, type RowBuffers } from './tensors.js';
import type { UpdateKind } from './update-kind.js';

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
  const { onnx, nodeCount, masks } = await compileSteps(model, update, steps, batchSize);
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

/** Binds a loaded graph to buffers: everything a call needs is made here, once. */
export function bindSteps(
  engine: Engine,
  layout: Layout,
  loaded: LoadedSteps,
  pair: StatePair,
  rows: number,
  buffers: RowBuffers,
): StepRunner {
  const { session, steps, update, countsLabels } = loaded;
  const scalars = createScalars(engine, update);
  const masks = createMasks(engine, loaded.masks, rows);
  const loss = engine.tensor(new Float32Array(1), []);
  const inputTensors: Tensors = {
    ...buffers.tensors(rows * steps),
    ...scalars.tensors,
    ...masks.tensors,
    ...(update.pulled ? parameterTensors(engine, trainedPart(layout), pair.pull, names.pull) : {}),
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
      fillRows(buffers, examples, order, at, rows * steps);
      const lossScale = countsLabels ? 1 : 1 / rows;
      scalars.set(settings, update.examplesClipped ? 1 / rows : lossScale);
      masks.draw(random);
      const { side } = pair;
      await session.run(from[side] as Tensors, into[1 - side] as Tensors);
      pair.swap();
      return (loss.data[0] ?? Number.NaN) * lossScale;
    },
  };
}
