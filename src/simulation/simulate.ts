/** A federation in one process: the front door for programs, and what `tessera simulate` calls. */
import { StoreError } from '../errors.js';
import { readParams } from '../params/safetensors.js';
import type { RoundFinished, RunEvent } from '../round/run-events.js';
import type { RunPlan } from '../round/run-plan.js';
import { noteRound, type RunProgress } from '../round/stopping.js';
import {
  parseOptions,
  type ResolvedOptions,
  type SimulationOptions,
} from '../settings/simulation-options.js';
import { restoreSettings, storeSettings } from '../settings/stored-settings.js';
import { recoverRun } from '../store/recover-run.js';
import { createRun } from '../store/run-directory.js';
import { createServerState, restoreServerState } from '../strategy/server-state.js';
import type { SimulationHooks, SimulationResult } from './hooks.js';
import { createLocalStore, type LocalStore } from './local-store.js';
import { recordRun, type StartingPoint } from './record.js';
import { copyOf, initialParams, type Setup, withSetup } from './setup.js';

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
    const run = await createRun(options.out, options.name ?? defaultName(options), storeSettings(options));
    return recordRun(setup, run, hooks, startingPoint(setup, initial));
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
    const options = restoreSettings(directory, run.config, (stored) =>
      parseOptions({ ...stored, ...functions }),
    );
    return await withSetup(options, hooks, async (setup) => {
      const { pool, plan } = setup;
      const initial = await initialParams(options, pool);
      const start = startingPoint(setup, initial);
      if (!lastRound) return recordRun(setup, run, hooks, start);
      const { round } = lastRound;
      start.global.set(readParams(await run.loadModel(round), pool.layout, 'the saved model').values);
      if (start.local) restoreLocal(start.local, await run.load('local', round));
      if (plan.strategy.serverState.length > 0) {
        restoreServerState(start.server, pool.layout, await run.load('server', round));
      }
      return recordRun(setup, run, hooks, { ...start, events, progress: progressOf(plan, events) });
    });
  } finally {
    await run.close();
  }
}

/** Where a run starts that has no rounds yet. */
function startingPoint(
  { plan, pool, population, localEntries }: Setup,
  initial: Float32Array,
): StartingPoint {
  const local =
    localEntries.length > 0 ? createLocalStore(localEntries, population.clients.length, initial) : undefined;
  const server = createServerState(plan.strategy, pool.layout);
  return { initial, global: copyOf(pool, initial), local, server, events: [] };
}

function restoreLocal(local: LocalStore, bytes: Uint8Array): void {
  local.restore(readParams(bytes, local.layout, 'what was saved of the clients').values);
}

function progressOf({ stop }: RunPlan, events: readonly RunEvent[]): RunProgress {
  const rounds = events.filter((event): event is RoundFinished => event.type === 'round-finished');
  let progress: RunProgress | null = null;
  let elapsedMs = 0;
  for (const { round, metrics, wallMs } of rounds) {
    elapsedMs += wallMs;
    progress = noteRound(stop, progress, round, metrics ?? null, elapsedMs);
  }
  if (!progress) throw new StoreError('a run that goes on must have a finished round, got none');
  return progress;
}

function defaultName({ data, model }: ResolvedOptions): string {
  const stamp = new Date().toISOString().replaceAll(/[:Z-]/g, '').replaceAll(/[T.]/g, '-');
  const [from, what] = [data, model].map((path) => {
    const last = path.split(/[\\/]/).at(-1) ?? path;
    return last.replace(/\.onnx$/, '').replaceAll(/[^\w.-]/g, '_');
  });
  return `${from}-${what}-${stamp}`;
}
