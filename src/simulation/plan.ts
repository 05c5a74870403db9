/** From settings to the plan that the round's state machine follows in a simulation. */
import type { Task } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { RunPlan } from '../round/run-plan.js';
import { stopRulesOf, strategyOf } from '../settings/plan.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';
import { cohortSizeOf } from '../strategy/cohort.js';

/** A plan for clients that are all there. */
export interface SimulationPlan extends RunPlan {
  readonly population: readonly number[];
}

/**
 * The plan of a run over clients 0 to `clientCount` - 1.
 *
 * @throws {ConfigError} when settings do not fit each other or the data.
 */
export function planRun(options: ResolvedOptions, clientCount: number, task: Task): SimulationPlan {
  if (options.compare.includes('ngram') && task !== 'next-token') {
    throw new ConfigError(`compare may hold ngram for next-token only, got it for ${task}`);
  }
  const strategy = strategyOf(options);
  const size = cohortSizeOf(strategy.cohort, clientCount);
  if (strategy.minimumClients > size) {
    throw new ConfigError(
      `minimumClients must be at most the size of a cohort, ${size}, got ${strategy.minimumClients}`,
    );
  }
  return {
    strategy,
    stop: stopRulesOf(options, task),
    population: Array.from({ length: clientCount }, (_, clientId) => clientId),
    seed: options.seed,
  };
}
