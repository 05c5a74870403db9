/** A federation in one process: the front door for programs, and what `tessera simulate` calls. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ConfigError, StoreError } from '../errors.js';
import type { Params } from '../params/layout.js';
import { readParams } from '../params/safetensors.js';
import { loadReportAssets, renderReport } from '../report/report.js';
import { spreadValue } from '../round/metrics.js';
import type { RunPlan } from '../round/round.js';
import type { RoundFinished, RunEvent, RunFinished } from '../round/run-events.js';
import { noteRound, type Progress } from '../round/stopping.js';
import { recoverRun } from '../store/recover-run.js';
import { createRun, type RunDirectory } from '../store/run-directory.js';
import { readRun } from '../store/stored-run.js';
import { type BaselineContext, trainCentral, trainIsolated } from './baselines.js';
import { driveRun } from './drive.js';
import { evaluateOnClients } from './evaluate.js';
import { parseOptions, type ResolvedOptions, type SimulationOptions } from './options.js';
import { planRun } from './plan.js';
import type { TrainingPool } from './pool.js';
import { loadPopulation, type Population } from './population.js';
import { createThreadPool } from './thread-pool.js';

/** How to follow and stop a simulation. */
export interface SimulationHooks {
  /** Gets every event as it is logged. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Gets sentences about what is unusual: a download, a slower engine. */
  readonly onNotice?: (notice: string) => void;
  /** Ends the run after the event under way; it can be resumed. */
  readonly signal?: AbortSignal;
}

/** What a simulation leaves behind. */
export interface SimulationResult {
  readonly finished: RunFinished;
  /** The final global model. */
  readonly params: Params;
  /** The run directory, and the report in it. */
  readonly directory: string;
  readonly report: string;
}

/**
 * Simulates a federation: loads data, deals it to clients, runs rounds until a rule ends them, evaluates, and
 * leaves a run directory with log, models and report. The same settings give the same model, to the byte,
 * whatever the number of threads.
 *
 * @throws {ConfigError} when a setting is wrong; then nothing has been written.
 * @throws {TransportError} or {ProtocolError} when the data cannot be had or is damaged.
 * @throws {StoreError} when the run directory cannot be written.
 */
export async function simulate(
  settings: SimulationOptions = {},
  hooks: SimulationHooks = {},
): Promise<SimulationResult> {
  const options = parseOptions(settings);
  return withSetup(options, hooks, async (setup) => {
    const initial = await initialParams(options, setup.pool);
    const run = await createRun(options.out, options.name ?? defaultName(options), storable(options));
    return record(setup, run, hooks, { initial, global: copyOf(setup.pool, initial), events: [] });
  });
}

/**
 * Goes on with a run that was interrupted or killed, from its last finished round. The final model is the same,
 * to the byte, as that of a run that was never stopped.
 *
 * @param functions the settings that are functions, which a log cannot hold
 * @throws {StoreError} when the directory is no run, damaged, in use, or its run has come to its end.
 */
export async function resumeSimulation(
  directory: string,
  hooks: SimulationHooks = {},
  functions: SimulationOptions = {},
): Promise<SimulationResult> {
  const { run, events, complete, lastRound } = await recoverRun(directory);
  try {
    if (complete)
      throw new StoreError(`run directory ${directory} must hold an unfinished run, but it has ended`);
    const options = parseOptions({ ...(run.config as object), ...functions });
    return await withSetup(options, hooks, async (setup) => {
      const { pool, plan } = setup;
      const initial = await initialParams(options, pool);
      if (!lastRound)
        return record(setup, run, hooks, { initial, global: copyOf(pool, initial), events: [] });
      const model = readParams(await run.loadModel(lastRound.round), pool.layout, 'the saved model');
      const progress = progressOf(plan, events);
      return record(setup, run, hooks, { initial, global: copyOf(pool, model.values), events, progress });
    });
  } finally {
    await run.close();
  }
}

interface Setup {
  readonly options: ResolvedOptions;
  readonly population: Population;
  readonly plan: RunPlan;
  readonly pool: TrainingPool;
  readonly signal: AbortSignal;
}

interface StartingPoint {
  readonly initial: Float32Array;
  readonly global: Float32Array;
  readonly events: readonly RunEvent[];
  readonly progress?: Progress;
}

async function withSetup<T>(
  options: ResolvedOptions,
  { onNotice = () => {}, signal = new AbortController().signal }: SimulationHooks,
  use: (setup: Setup) => Promise<T>,
): Promise<T> {
  const population = await loadPopulation(options, onNotice);
  const [{ task }] = population.datasets;
  const plan = planRun(options, population.clients.length, task);
  const { model, trainer, engine, threads = availableParallelism() } = options;
  const pool = await createThreadPool({
    datasets: population.datasets,
    source: trainer
      ? { type: 'module', location: trainer.module, options: trainer.options }
      : { type: 'model', name: model, ...(engine ? { engine } : {}) },
    threads: Math.min(threads, Math.max(population.clients.length, 1)),
  });
  const stop = () => void pool.close();
  try {
    if (pool.notice) onNotice(pool.notice);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) throw new ConfigError('signal must not be aborted before the run starts, but it is');
    return await use({ options, population, plan, pool, signal });
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

async function record(
  setup: Setup,
  run: RunDirectory,
  hooks: SimulationHooks,
  start: StartingPoint,
): Promise<SimulationResult> {
  const { plan, pool, population, options, signal } = setup;
  const trained = start.events.filter((event) => event.type === 'client-trained');
  const emit = async (event: RunEvent) => {
    await run.append(event, { durable: event.type === 'round-finished' || event.type === 'run-finished' });
    if (event.type === 'client-trained') trained.push(event);
    hooks.onEvent?.(event);
  };
  const startedAt = performance.now();
  const before = start.progress?.elapsedMs ?? 0;
  try {
    if (start.progress) await emit({ type: 'run-resumed', time: Date.now(), round: start.progress.round });
    else await emit(startEvent(setup, run.runId));
    const { global } = start;
    const driven = await driveRun({
      plan,
      pool,
      population,
      run,
      global,
      signal,
      emit,
      progress: start.progress ?? null,
    });
    let { reason } = driven;
    const { rounds, metrics, bestRound } = driven;
    try {
      if (reason !== 'interrupted') {
        await evaluateClients(setup, global, rounds, emit);
        await compareBaselines(options, {
          plan,
          pool,
          population,
          initial: start.initial,
          rounds,
          trained,
          emit,
        });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      reason = 'interrupted';
    }
    const wallMs = before + performance.now() - startedAt;
    const finished: RunFinished = { type: 'run-finished', reason, rounds, metrics, bestRound, wallMs };
    const report = await writeReport(run, finished);
    await emit(finished);
    const params = { layout: pool.layout, values: Float32Array.from(global) };
    return { finished, params, directory: run.path, report };
  } finally {
    await run.close();
  }
}

function startEvent({ options, population, plan, pool }: Setup, runId: string): RunEvent {
  const [{ task, classNames }] = population.datasets;
  return {
    type: 'run-started',
    runId,
    time: Date.now(),
    model: options.trainer ? options.trainer.module : options.model,
    parameterCount: pool.layout.size,
    task,
    classNames,
    trainCount: population.summaries.reduce((sum, { trainCount }) => sum + trainCount, 0),
    heldOutCount: population.serverHeldOut.indices.length,
    rounds: plan.stop.rounds,
    clients: population.summaries,
    engine: pool.engineName,
  };
}

async function evaluateClients(
  { plan, pool, population }: Setup,
  global: Float32Array,
  round: number,
  emit: (event: RunEvent) => Promise<void>,
): Promise<void> {
  const found = await evaluateOnClients(pool, global, population, plan.population);
  if (!found) return;
  const { metrics, spread } = found;
  const clients = found.clients.map((client) => ({
    clientId: client.clientId,
    exampleCount: client.metrics.exampleCount,
    value: spreadValue(client.metrics),
  }));
  await emit({ type: 'clients-evaluated', round, metrics, spread, clients });
}

async function compareBaselines({ compare }: ResolvedOptions, context: BaselineContext): Promise<void> {
  const baselines = [
    ...(compare.includes('central') ? [trainCentral(context)] : []),
    ...(compare.includes('isolated') ? [trainIsolated(context)] : []),
  ];
  const outcomes = await Promise.allSettled(baselines);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

async function writeReport(run: RunDirectory, finished: RunFinished): Promise<string> {
  const [{ config, events }, assets] = await Promise.all([readRun(run.path), loadReportAssets()]);
  return run.writeReport(
    renderReport({ config: config as Record<string, unknown>, events: [...events, finished] }, assets),
  );
}

async function initialParams({ init, seed }: ResolvedOptions, pool: TrainingPool): Promise<Float32Array> {
  const initial = pool.allocate();
  if (init === undefined) {
    await pool.initialParams(seed, initial);
    return initial;
  }
  const bytes = await readFile(init).catch((cause: unknown) => {
    throw new ConfigError(`init must be a safetensors file that can be read, got ${init}`, { cause });
  });
  initial.set(readParams(bytes, pool.layout, 'init').values);
  return initial;
}

function copyOf(pool: TrainingPool, values: Float32Array): Float32Array {
  const copy = pool.allocate();
  copy.set(values);
  return copy;
}

function progressOf({ stop }: RunPlan, events: readonly RunEvent[]): Progress {
  const rounds = events.filter((event): event is RoundFinished => event.type === 'round-finished');
  let progress: Progress | null = null;
  let elapsedMs = 0;
  for (const { round, metrics, wallMs } of rounds) {
    elapsedMs += wallMs;
    progress = noteRound(stop, progress, round, metrics, elapsedMs);
  }
  if (!progress) throw new StoreError('a run that goes on must have a finished round, got none');
  return progress;
}

/** Functions leave a mark in the stored settings, so that a run does not go on without them unnoticed. */
function storable(options: ResolvedOptions): Record<string, unknown> {
  const entries = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === 'function' ? { type: 'function' } : value,
  ]);
  return Object.fromEntries(entries);
}

function defaultName({ data, model }: ResolvedOptions): string {
  const stamp = new Date().toISOString().replaceAll(/[:Z-]/g, '').replaceAll(/[T.]/g, '-');
  const base = (data.split(/[\\/]/).at(-1) ?? data).replaceAll(/[^\w.-]/g, '_');
  return `${base}-${model}-${stamp}`;
}
