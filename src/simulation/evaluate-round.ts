/** What is found of the model of one round: by the server, and by clients on what they hold out. */
import { FederatedError } from '../errors.js';
import type { FederatedMetrics, Metrics } from '../round/run-events.js';
import { evaluateOn, evaluateOnClients, federatedMetrics } from './evaluate.js';
import type { LocalStore } from './local-store.js';
import type { SimulationPlan } from './plan.js';
import type { TrainingPool } from './pool.js';
import type { Population } from './population.js';

/** What is evaluated, and by whom. */
interface EvaluationContext {
  readonly plan: SimulationPlan;
  readonly pool: TrainingPool;
  readonly population: Population;
  readonly global: Float32Array;
  readonly local?: LocalStore | undefined;
}

/** As `RoundFinished` has them. */
export interface RoundMetrics {
  readonly metrics: Metrics;
  readonly federated?: FederatedMetrics;
}

/**
 * Evaluates a round. Where parameters stay with clients there is no one model for the server to evaluate: the metrics
 * are those of all clients, each with its own on what it holds out.
 *
 * @param known what the server has found of this model before, if anything
 */
export async function evaluateRound(
  { plan, pool, population, global, local }: EvaluationContext,
  cohort: readonly number[],
  known: Metrics | undefined,
): Promise<RoundMetrics> {
  if (!local) {
    const metrics = known ?? (await evaluateOn(pool, global, population.serverHeldOut));
    const found = await evaluateOnClients(pool, global, population, cohort);
    return roundMetrics(metrics, federatedMetrics(found, population));
  }
  const found = await evaluateOnClients(pool, global, population, plan.population, local);
  const metrics = federatedMetrics(found, population)?.metrics;
  if (!metrics) throw pool.broken ?? new FederatedError('evaluation', 'no client could evaluate its model');
  const asked = new Set(cohort);
  const ofCohort = found.filter(({ clientId }) => asked.has(clientId));
  return roundMetrics(metrics, federatedMetrics(ofCohort, population));
}

function roundMetrics(metrics: Metrics, federated: FederatedMetrics | undefined): RoundMetrics {
  return federated ? { metrics, federated } : { metrics };
}
