/** From sums over examples to the metrics that people read, and their spread over clients. */
import type { Task } from '../data/dataset.js';
import type { EvaluationSums } from '../learn/trainer.js';
import type { ClientSpread, Metrics } from './run-events.js';

/** Metrics of a task. `sums` must cover an example, of next-token a label; `classCount` is of a classification. */
export function metricsOf(sums: EvaluationSums, task: Task, classCount: number): Metrics {
  const { exampleCount, lossSum, confusion, absoluteErrorSum } = sums;
  if (task === 'next-token') return tokenMetrics(sums);
  const loss = lossSum / exampleCount;
  if (task === 'regression')
    return { exampleCount, loss, meanAbsoluteError: absoluteErrorSum / exampleCount };
  const confusionMatrix = Array.from({ length: classCount }, (_, label) =>
    confusion.slice(label * classCount, (label + 1) * classCount),
  );
  const perClassAccuracy = confusionMatrix.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return total === 0 ? null : (row[label] ?? 0) / total;
  });
  const correct = confusionMatrix.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  return { exampleCount, loss, accuracy: correct / exampleCount, perClassAccuracy, confusionMatrix };
}

function tokenMetrics({ exampleCount, lossSum, tokens }: EvaluationSums): Metrics {
  const { count, top1, top3 } = tokens ?? { count: 0, top1: 0, top3: 0 };
  const loss = lossSum / count;
  return {
    exampleCount,
    loss,
    accuracy: top1 / count,
    top3Recall: top3 / count,
    perplexity: Math.exp(loss),
    tokenCount: count,
  };
}

/** The number that a spread is of: accuracy, or the loss of a regression. */
export function spreadValue(metrics: Metrics): number {
  return metrics.accuracy ?? metrics.loss;
}

/**
 * How a value differs between clients (population variance, each client counts once).
 *
 * @param values one a client, at least one
 * @param higherIsBetter true for accuracy, false for losses
 */
export function spreadOf(values: readonly number[], higherIsBetter: boolean): ClientSpread {
  const worstFirst = values.toSorted((a, b) => (higherIsBetter ? a - b : b - a));
  const mean = average(values);
  return {
    clientCount: values.length,
    mean,
    variance: average(values.map((value) => (value - mean) ** 2)),
    worst: worstFirst[0] ?? Number.NaN,
    best: worstFirst.at(-1) ?? Number.NaN,
    worstDecile: average(worstFirst.slice(0, Math.max(1, Math.floor(values.length / 10)))),
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
