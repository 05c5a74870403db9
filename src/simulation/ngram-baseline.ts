/** The baseline of those who count: an n-gram model of all clients' text, which federation and networks must beat. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Examples } from '../data/dataset.js';
import { type Ngram, trainNgram } from '../data/ngram.js';
import type { EvaluationSums } from '../learn/trainer.js';
import { metricsOf, spreadOf, spreadValue } from '../round/metrics.js';
import type { Metrics, RunEvent } from '../round/run-events.js';
import type { Population } from './population.js';

/** What the baseline needs. */
export interface NgramContext {
  readonly population: Population;
  readonly order: number;
  readonly signal: AbortSignal;
  emit(event: RunEvent): Promise<void>;
}

/**
 * Trains on the training text of all clients together, and looks for the labels of the server's held-out data and
 * of each client's own. It works on this thread, with a turn for others between its parts.
 *
 * @throws {ConfigError} when the order is too high for the vocabulary.
 */
export async function evaluateNgram({ population, order, signal, emit }: NgramContext): Promise<void> {
  const { clients, serverHeldOut, vocabulary } = population;
  if (!vocabulary) return;
  const { firstPredicted } = vocabulary;
  await nextTurn(undefined, { signal });
  const ngram = trainNgram(
    clients.map(({ train }) => train),
    { order, firstPredicted },
  );
  await nextTurn(undefined, { signal });
  const metrics = metricsOn(ngram, serverHeldOut);
  const values: number[] = [];
  for (const { heldOut } of clients) {
    if (heldOut.indices.length > 0) values.push(spreadValue(metricsOn(ngram, heldOut)));
    await nextTurn(undefined, { signal });
  }
  const spread = values.length > 0 ? { spread: spreadOf(values, true) } : {};
  await emit({ type: 'ngram-evaluated', order, metrics, ...spread });
}

function metricsOn(ngram: Ngram, examples: Examples): Metrics {
  const { lossSum, ...tokens } = ngram.evaluate(examples);
  const exampleCount = examples.indices.length;
  const sums: EvaluationSums = { exampleCount, lossSum, confusion: [], absoluteErrorSum: 0, tokens };
  return metricsOf(sums, 'next-token', 0);
}
