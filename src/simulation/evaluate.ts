/** Evaluation in a simulation: cut into parts that threads share, added up in one order. */
import type { Dataset, Examples } from '../data/dataset.js';
import { addSums, emptyTally } from '../learn/evaluation.js';
import type { EvaluationSums } from '../learn/trainer.js';
import { metricsOf, spreadOf, spreadValue } from '../round/metrics.js';
import type { FederatedMetrics, Metrics } from '../round/run-events.js';
import type { LocalStore } from './local-store.js';
import type { TrainingPool } from './pool.js';
import type { Population } from './population.js';

/** Examples a part: fixed, so that sums do not depend on the number of threads. */
const PART = 1000;

/** Metrics of a model on all of `examples`. */
export async function evaluateOn(
  pool: TrainingPool,
  params: Float32Array,
  examples: Examples,
): Promise<Metrics> {
  const parts: Promise<EvaluationSums>[] = [];
  for (let at = 0; at < examples.indices.length; at += PART) {
    const indices = examples.indices.subarray(at, at + PART);
    parts.push(pool.evaluate(params, { dataset: examples.dataset, indices }));
  }
  return totalMetrics(await Promise.all(parts), examples.dataset);
}

/** What a client that has held-out examples finds on them. */
export interface ClientSums {
  readonly clientId: number;
  readonly metrics: Metrics;
  readonly sums: EvaluationSums;
}

/**
 * A model on the clients' own held-out parts, with what stays with each in its place. A client that has none, or
 * cannot evaluate, is left out.
 */
export async function evaluateOnClients(
  pool: TrainingPool,
  params: Float32Array,
  { clients }: Population,
  clientIds: readonly number[],
  local?: LocalStore,
): Promise<readonly ClientSums[]> {
  const jobs = clientIds.flatMap((clientId) => {
    const heldOut = clients[clientId]?.heldOut;
    return heldOut && heldOut.indices.length > 0 ? [{ clientId, heldOut }] : [];
  });
  const outcomes = await Promise.allSettled(
    jobs.map(({ clientId, heldOut }) => pool.evaluate(params, heldOut, local?.of(clientId))),
  );
  return outcomes.flatMap((outcome, index) => {
    const job = jobs[index];
    if (!job || outcome.status !== 'fulfilled') return [];
    const { clientId, heldOut } = job;
    const sums = outcome.value;
    return [{ clientId, sums, metrics: totalMetrics([sums], heldOut.dataset) }];
  });
}

/** What clients have found, together; undefined where there are none. */
export function federatedMetrics(
  found: readonly ClientSums[],
  { datasets: [dataset] }: Population,
): FederatedMetrics | undefined {
  if (found.length === 0) return undefined;
  const parts = found.map(({ sums }) => sums);
  return {
    metrics: totalMetrics(parts, dataset),
    spread: spreadOf(
      found.map(({ metrics }) => spreadValue(metrics)),
      dataset.task !== 'regression',
    ),
  };
}

function totalMetrics(parts: readonly EvaluationSums[], { task, classNames }: Dataset): Metrics {
  const classCount = task === 'classification' ? classNames.length : 0;
  const tally = emptyTally(classCount);
  for (const part of parts) addSums(tally, part);
  return metricsOf(tally, task, classCount);
}
