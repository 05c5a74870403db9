/** The trainer that compiles a model and runs it on an engine: one set of sessions serves any number of clients. */
import { ShapeError } from '../errors.js';
import { type Random, seededRandom } from '../random.js';
import { planBatches } from './batches.js';
import { modelParameters } from './compile.js';
import type { Engine } from './engine.js';
import { type Evaluator, loadEvaluator } from './evaluator.js';
import type { Model } from './model.js';
import type { LoadedParts } from './part-runner.js';
import { fillPull } from './pull.js';
import { bindSteps, type LoadedSteps, loadSteps, type StepRunner } from './step-runner.js';
import { createStatePair, type StatePair } from './step-state.js';
import { createRowBuffers, type RowBuffers } from './tensors.js';
import type { EvaluationSums, LocalWork, Trainer, TrainResult } from './trainer.js';
import { stateNamesOf, type UpdateKind, updateKindOf } from './update-kind.js';

/**
 * Training steps in one call of the engine, where the batches allow it: the call itself costs time too. Five
 * win most of what there is to win, natively and in WASM; ten would leave more batches to calls of one step.
 */
const STEPS_PER_CALL = 5;

/** A step of more nodes gains nothing from sharing its call, and graphs of several would take seconds to load. */
const MAX_SHARED_NODES = 300;

/** Bindings kept ready: those of the usual batch sizes. Making one anew costs less than a step. */
const MAX_BINDINGS = 8;

/** Loaded where a batch is computed in parts: most pages never need it. */
const partRunner = () => import('./part-runner.js');

/** Options of `createOnnxTrainer`. `stepsPerCall` (default 5, of large steps 1) changes the speed, never the result. */
export interface OnnxTrainerOptions {
  readonly stepsPerCall?: number;
}

/** Creates a trainer; graphs are compiled when they are first needed. */
export function createOnnxTrainer(engine: Engine, model: Model, options: OnnxTrainerOptions = {}): Trainer {
  const { layout, initializers } = modelParameters(model);
  const sessions = new Map<string, LoadedSteps>();
  const partSessions = new Map<string, LoadedParts>();
  const bound = new Map<string, StepRunner>();
  const pairs = new Map<string, StatePair>();
  let buffers = createRowBuffers(engine, model, 0);
  let evaluator: Evaluator | undefined;

  const roomFor = (rows: number): RowBuffers => {
    if (rows > buffers.capacity) {
      buffers = createRowBuffers(engine, model, rows);
      bound.clear();
    }
    return buffers;
  };
  const pairFor = (update: UpdateKind): StatePair => {
    const key = `${stateNamesOf(update).arrays.join()} ${update.pulled ?? false}`;
    const pair = pairs.get(key) ?? createStatePair(layout, update);
    pairs.set(key, pair);
    return pair;
  };
  const loadedFor = async (update: UpdateKind, steps: number, batchSize: number | null) => {
    const key = `${JSON.stringify(update)} ${steps} ${batchSize}`;
    const loaded = sessions.get(key) ?? (await loadSteps(engine, model, update, steps, batchSize));
    sessions.set(key, loaded);
    return loaded;
  };
  const sharedSteps = async (update: UpdateKind): Promise<number> => {
    if (options.stepsPerCall !== undefined) return options.stepsPerCall;
    const { nodeCount } = await loadedFor(update, 1, null);
    return nodeCount > MAX_SHARED_NODES ? 1 : STEPS_PER_CALL;
  };
  const partsFor = async (update: UpdateKind): Promise<LoadedParts> => {
    const key = JSON.stringify(update);
    const loaded =
      partSessions.get(key) ?? (await (await partRunner()).loadParts(engine, model, layout, update));
    partSessions.set(key, loaded);
    return loaded;
  };
  const boundSteps = async (update: UpdateKind, rows: number, steps: number): Promise<StepRunner> => {
    const room = roomFor(rows * steps);
    const loaded = await loadedFor(update, steps, steps === 1 ? null : rows);
    return bindSteps(engine, layout, loaded, pairFor(update), rows, room);
  };
  const boundParts = async (update: UpdateKind, rows: number, parts: number): Promise<StepRunner> => {
    const { bindParts, partSizes } = await partRunner();
    const room = roomFor(partSizes(rows, parts)[0] ?? 0);
    return bindParts(engine, layout, await partsFor(update), pairFor(update), rows, parts, room);
  };
  const runnerFor = async (update: UpdateKind, rows: number, steps: number, parts: number) => {
    const key = `${JSON.stringify(update)} ${steps} ${parts} ${rows}`;
    const known = bound.get(key);
    if (known) return known;
    const runner = await (parts > 1 ? boundParts(update, rows, parts) : boundSteps(update, rows, steps));
    for (const oldest of bound.keys()) if (bound.size >= MAX_BINDINGS) bound.delete(oldest);
    bound.set(key, runner);
    return runner;
  };

  return {
    layout,

    initialParams(seed, out) {
      layout.entries.forEach(({ name, offset, length }, index) => {
        const values = out.subarray(offset, offset + length);
        const initializer = initializers[index] ?? 'zeros';
        if (initializer === 'zeros') values.fill(0);
        else if (initializer === 'ones') values.fill(1);
        else if ('values' in initializer) values.set(initializer.values);
        else fillUniform(values, initializer.uniformLimit, seededRandom(seed, 'initial', name));
      });
    },

    async train(params, examples, work: LocalWork, seed, out, extras = {}): Promise<TrainResult> {
      const random = seededRandom(seed, 'train');
      const { order, sizes } = planBatches(examples.indices, work, random);
      const { correction } = extras;
      if (correction && correction.length !== layout.size) {
        throw new ShapeError(`correction must have ${layout.size} elements, got ${correction.length}`);
      }
      const update = updateKindOf(work, correction !== undefined);
      const pair = pairFor(update);
      const { accumulateSteps: parts = 1 } = work;
      const stepsPerCall = parts > 1 ? 1 : await sharedSteps(update);
      pair.start(params);
      if (update.pulled) fillPull(pair.pull, params, correction, update, work);
      let lossSum = 0;
      let at = 0;
      for (let step = 0; step < sizes.length; ) {
        const rows = sizes[step] as number;
        // Only for the batch size asked for: a graph for the size of every small client would never end.
        const several = rows === work.batchSize && equalBatches(sizes, step, stepsPerCall);
        const steps = several ? stepsPerCall : 1;
        const runner = await runnerFor(update, rows, steps, parts);
        lossSum += await runner.run(examples, order, at, work, random);
        at += rows * steps;
        step += steps;
      }
      out.set(pair.current().params);
      return { exampleCount: examples.indices.length, steps: sizes.length, loss: lossSum / sizes.length };
    },

    async evaluate(params, examples): Promise<EvaluationSums> {
      evaluator ??= await loadEvaluator(engine, model, layout);
      return evaluator.evaluate(params, examples);
    },

    async dispose() {
      for (const { session } of sessions.values()) await session.release();
      for (const { part, move } of partSessions.values()) await Promise.all([part.release(), move.release()]);
      await evaluator?.release();
      sessions.clear();
      partSessions.clear();
      bound.clear();
      evaluator = undefined;
    },
  };
}

/** Uniform on [-limit, limit). */
function fillUniform(values: Float32Array, limit: number, random: Random): void {
  for (let index = 0; index < values.length; index++) values[index] = limit * (2 * random.float() - 1);
}

/** Whether `count` batches from `first` on are there and of one size. */
function equalBatches(sizes: readonly number[], first: number, count: number): boolean {
  for (let step = first; step < first + count; step++) if (sizes[step] !== sizes[first]) return false;
  return true;
}
