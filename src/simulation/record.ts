/** Runs a simulation on its setup and records it: log, models, evaluations, baselines, report. */
import { featureLength } from '../data/dataset.js';
import { StoreError } from '../errors.js';
import { spreadValue } from '../round/metrics.js';
import type { ClientTrained, RunEvent } from '../round/run-events.js';
import type { RunProgress } from '../round/stopping.js';
import { writeRunReport } from '../settings/run-report.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { ServerState } from '../strategy/strategy.js';
import { type BaselineContext, trainCentral, trainIsolated } from './baselines.js';
import { driveRun } from './drive.js';
import { evaluateOnClients, federatedMetrics } from './evaluate.js';
import type { SimulationHooks, SimulationResult } from './hooks.js';
import type { LocalStore } from './local-store.js';
import { evaluateNgram } from './ngram-baseline.js';
import { sampleSuggestions } from './sample-suggestions.js';
import type { Setup } from './setup.js';

/** Where a run starts or goes on. `initial` is what its first round started from; `events` and `progress` are those of a resumed run. */
export interface StartingPoint {
  readonly initial: Float32Array;
  readonly global: Float32Array;
  /** What stays with the clients; absent: nothing. */
  readonly local?: LocalStore | undefined;
  /** What the strategy keeps between rounds. */
  readonly server: ServerState;
  readonly events: readonly RunEvent[];
  readonly progress?: RunProgress;
}

/**
 * Runs rounds until the plan or the signal ends them, evaluates, trains the baselines, and writes the report. The
 * run directory is closed, whatever happens.
 *
 * @throws {StoreError} when it cannot be written.
 */
export async function recordRun(
  setup: Setup,
  run: RunDirectory,
  hooks: SimulationHooks,
  start: StartingPoint,
): Promise<SimulationResult> {
  const { plan, pool, population, signal } = setup;
  const trained = start.events.filter((event) => event.type === 'client-trained');
  const emit = async (event: RunEvent) => {
    await run.append(event, { durable: event.type === 'round-finished' || event.type === 'run-finished' });
    if (event.type === 'client-trained') trained.push(event);
    hooks.onEvent?.(event);
  };
  const { global, local, server, progress = null } = start;
  const startedAt = performance.now();
  try {
    if (population.vocabulary) await run.saveVocabulary(population.vocabulary);
    if (progress) await emit({ type: 'run-resumed', time: Date.now(), round: progress.round });
    else await emit(startEvent(setup, run.runId));
    const state = { global, local, server, progress };
    const { watcher } = hooks;
    const driven = await driveRun({ plan, pool, population, run, signal, watcher, emit, ...state });
    const { rounds, metrics, bestRound } = driven;
    const complete =
      driven.reason !== 'interrupted' && (await conclude(setup, hooks, start, trained, rounds, emit));
    const reason = complete ? driven.reason : 'interrupted';
    const wallMs = (progress?.elapsedMs ?? 0) + performance.now() - startedAt;
    const finished: SimulationResult['finished'] = {
      type: 'run-finished',
      reason,
      rounds,
      metrics,
      bestRound,
      wallMs,
    };
    const report = await writeRunReport(run, finished);
    await emit(finished);
    const params = { layout: pool.layout, values: Float32Array.from(global) };
    return {
      finished,
      params,
      ...(local && complete ? { local: local.all() } : {}),
      directory: run.path,
      report,
    };
  } finally {
    await run.close();
  }
}

/** What comes after the last round; false when the signal ended it. */
async function conclude(
  setup: Setup,
  { onNotice = () => {} }: SimulationHooks,
  { initial, global, local }: StartingPoint,
  trained: readonly ClientTrained[],
  rounds: number,
  emit: (event: RunEvent) => Promise<void>,
): Promise<boolean> {
  const { options, plan, pool, population, signal } = setup;
  const { isolatedClients } = options;
  const context = {
    ...{ plan, pool, population, initial, rounds, trained, signal, emit, notify: onNotice },
    ...(isolatedClients === undefined ? {} : { isolatedClients }),
  };
  try {
    await evaluateClients(setup, global, local, rounds, emit);
    // Where parameters are local, the global model is nobody's.
    if (population.vocabulary && !local) {
      const [dataset] = population.datasets;
      const sampled = await sampleSuggestions(options, dataset, population.vocabulary, global);
      if (sampled) await emit(sampled);
    }
    await compareBaselines(options, context);
    if (pool.broken) throw pool.broken;
    return !signal.aborted;
  } catch (error) {
    if (!signal.aborted || error instanceof StoreError) throw error;
    return false;
  }
}

function startEvent({ options, population, plan, pool, localEntries }: Setup, runId: string): RunEvent {
  const [{ task, featureShape, classNames }] = population.datasets;
  const { vocabulary, coverage } = population;
  return {
    type: 'run-started',
    runId,
    time: Date.now(),
    model: options.trainer ? options.trainer.module : options.model,
    parameterCount: pool.layout.size,
    ...(localEntries.length > 0 ? { localParams: localEntries.map(({ name }) => name) } : {}),
    task,
    featureShape,
    classNames: vocabulary ? [] : classNames,
    ...(vocabulary ? { vocabularySize: vocabulary.names.length } : {}),
    ...(coverage === undefined ? {} : { coverage }),
    trainCount: population.summaries.reduce((sum, { trainCount }) => sum + trainCount, 0),
    heldOutCount: population.serverHeldOut.indices.length,
    exampleBytes: featureLength(population.datasets[0]) * Float32Array.BYTES_PER_ELEMENT,
    rounds: plan.stop.rounds,
    clients: population.summaries,
    engine: pool.engineName,
  };
}

async function evaluateClients(
  { plan, pool, population }: Setup,
  global: Float32Array,
  local: LocalStore | undefined,
  round: number,
  emit: (event: RunEvent) => Promise<void>,
): Promise<void> {
  const found = await evaluateOnClients(pool, global, population, plan.population, local);
  const together = federatedMetrics(found, population);
  if (!together) return;
  const { metrics, spread } = together;
  const clients = found.map((client) => ({
    clientId: client.clientId,
    exampleCount: client.metrics.exampleCount,
    value: spreadValue(client.metrics),
  }));
  await emit({ type: 'clients-evaluated', round, metrics, spread, clients });
}

async function compareBaselines(
  { compare, ngramOrder = 3 }: ResolvedOptions,
  context: BaselineContext,
): Promise<void> {
  const baselines = [
    ...(compare.includes('central') ? [trainCentral(context)] : []),
    ...(compare.includes('ngram') ? [evaluateNgram({ ...context, order: ngramOrder })] : []),
    ...(compare.includes('isolated') ? [trainIsolated(context)] : []),
  ];
  const outcomes = await Promise.allSettled(baselines);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
