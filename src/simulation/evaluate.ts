/** Evaluation in a simulation: cut into parts that threads share, added up in one order. */
import type { Dataset, Examples } from '../data/dataset.js';
import { addSums, emptyTally } from '../learn/evaluation.js';
import type { EvaluationSums } from '../learn/trainer.js';
import { metricsOf, spreadOf, spreadValue } from '../round/metrics.js';
import type { FederatedMetrics, Metrics } from '../round/run-events.js';
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

/** What each client that has held-out examples finds on them. */
export interface ClientMetrics {
  readonly clientId: number;
  readonly metrics: Metrics;
}

/**
 * A model on the clients' own held-out parts; undefined when none of them has any. A client that cannot evaluate
 * is left out.
 */
export async function evaluateOnClients(
  pool: TrainingPool,
  params: Float32Array,
  { clients }: Population,
  clientIds: readonly number[],
): Promise<(FederatedMetrics & { readonly clients: readonly ClientMetrics[] }) | undefined> {
  const jobs = clientIds.flatMap((clientId) => {
    const heldOut = clients[clientId]?.heldOut;
    return heldOut && heldOut.indices.length > 0 ? [{ clientId, heldOut }] : [];
  });
  const outcomes = await Promise.allSettled(jobs.map(({ heldOut }) => pool.evaluate(params, heldOut)));
  const found = outcomes.flatMap((outcome, index) =>
    outcome.status === 'fulfilled' ? [{ ...jobs[index]!, sums: outcome.value }] : [],
  );
  const first = found[0];
  if (!first) return undefined;
  const { dataset } = first.heldOut;
  const each = found.map(({ clientId, sums }) => ({ clientId, metrics: totalMetrics([sums], dataset) }));
  const values = each.map(({ metrics }) => spreadValue(metrics));
  const parts = found.map(({ sums }) => sums);
  return {
    metrics: totalMetrics(parts, dataset),
    spread: spreadOf(values, dataset.task !== 'regression'),
    clients: each,
  };
}

function totalMetrics(parts: readonly EvaluationSums[], { task, classNames }: Dataset): Metrics {
  const classCount = task === 'classification' ? classNames.length : 0;
  const tally = emptyTally(classCount);
  for (const part of parts) addSums(tally, part);
  return metricsOf(tally, task, classCount);
}
