/** Everything a run stands on: data dealt to clients, threads that can train, the parameters it starts from. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ConfigError } from '../errors.js';
import type { LayoutEntry } from '../params/layout.js';
import { readParams } from '../params/safetensors.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';
import type { SimulationHooks } from './hooks.js';
import { chooseLocalEntries } from './local-entries.js';
import { planRun, type SimulationPlan } from './plan.js';
import type { TrainingPool } from './pool.js';
import { loadPopulation, type Population } from './population.js';
import { createThreadPool } from './thread-pool.js';

/** What a run needs before its first event. */
export interface Setup {
  readonly options: ResolvedOptions;
  readonly population: Population;
  readonly plan: SimulationPlan;
  readonly pool: TrainingPool;
  /** The parameters that stay with each client. */
  readonly localEntries: readonly LayoutEntry[];
  readonly signal: AbortSignal;
}

/**
 * Makes the setup, hands it to `use`, and stops the threads when that is done, or when `hooks.signal` says so.
 *
 * @throws {ConfigError} when settings, data and model do not fit together, or the signal has been aborted.
 */
export async function withSetup<T>(
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
      : { type: 'model', name: model, engine: engine ? { kind: engine } : {} },
    threads: Math.min(threads, Math.max(population.clients.length, 1)),
  });
  const stop = () => void pool.close();
  try {
    if (pool.notice) onNotice(pool.notice);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) throw new ConfigError('signal must not be aborted before the run starts, but it is');
    const localEntries = await chooseLocalEntries(options, population, pool.layout);
    return await use({ options, population, plan, pool, localEntries, signal });
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

/**
 * The parameters that the settings start from, on shared memory.
 *
 * @throws {ConfigError} when `init` cannot be read.
 * @throws {ProtocolError} or {ShapeError} when it is damaged, or of another model.
 */
export async function initialParams(
  { init, seed }: ResolvedOptions,
  pool: TrainingPool,
): Promise<Float32Array> {
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

/** A copy on shared memory. */
export function copyOf(pool: TrainingPool, values: Float32Array): Float32Array {
  const copy = pool.allocate();
  copy.set(values);
  return copy;
}
