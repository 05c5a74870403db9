/** The charts over rounds: metrics, bytes, failures and time. */

import { formatBytes, formatDuration, formatMetric, formatPercent, formatPlural } from '../format.js';
import type { IsolatedEvaluated, RoundFinished } from '../round/run-events.js';
import type { Chart, Column, Series, ValueFormat } from './chart.js';
import { modelWords } from './model-words.js';
import { finite, meanOf, type RunSummary } from './run-summary.js';

type Metric = 'accuracy' | 'top3Recall' | 'perplexity' | 'loss' | 'meanAbsoluteError';

/** The curves of what the model can do, for every metric that the run has; none before there are two rounds. */
export function metricCharts(summary: RunSummary): readonly Chart[] {
  if (summary.evaluated.length < 2) return [];
  const recall = summary.started.task === 'next-token';
  return [
    recall
      ? metricChart(summary, 'accuracy', 'Top-1 recall', 'top-1 recall', 'percent')
      : metricChart(summary, 'accuracy', 'Accuracy', 'accuracy', 'percent'),
    metricChart(summary, 'top3Recall', 'Top-3 recall', 'top-3 recall', 'percent'),
    metricChart(summary, 'perplexity', 'Perplexity', 'perplexity', 'number'),
    metricChart(summary, 'meanAbsoluteError', 'Mean absolute error', 'mean absolute error', 'number'),
    metricChart(summary, 'loss', 'Loss', 'loss', 'number'),
  ].filter((chart) => chart !== undefined);
}

function metricChart(
  summary: RunSummary,
  metric: Metric,
  title: string,
  yName: string,
  format: ValueFormat,
): Chart | undefined {
  const { evaluated: rounds } = summary;
  const words = modelWords(summary);
  const x = rounds.map((event) => event.round);
  const column = (pick: (index: number) => number | null | undefined): Column =>
    x.map((_, index) => finite(pick(index)) ?? null);
  const global = column((index) => rounds[index]!.metrics[metric]);
  if (!hasValues(global)) return undefined;
  const central = new Map(summary.central.map((event) => [event.round, event.metrics]));
  const series: Series[] = [
    { name: words.name, tone: 'global', values: global },
    { ...federatedSeries(summary, metric, column), name: "On clients' held-out data", tone: 'federated' },
    {
      name: 'Central training',
      tone: 'central',
      values: column((index) => central.get(x[index]!)?.[metric]),
      look: 'dashed',
    },
    ...ngramSeries(summary, metric),
    ...isolatedSeries(summary.isolated, metric),
  ];
  if (metric === 'loss') {
    series.push({
      name: 'Training',
      tone: 'training',
      values: column((index) => rounds[index]!.trainLoss),
      look: 'dashed',
    });
  }
  const known = series.filter(({ values }) => typeof values === 'number' || hasValues(values));
  return {
    id: metric,
    title,
    xName: 'Round',
    x,
    yName,
    format,
    series: known,
    summary: `${title} over ${formatPlural(x.at(-1) ?? 0, 'round')}: ${words.subject} goes from ${ends(global, format)}.`,
  };
}

function federatedSeries(
  { evaluated: rounds, started }: RunSummary,
  metric: Metric,
  column: (pick: (index: number) => number | null | undefined) => Column,
): Pick<Series, 'values' | 'band'> {
  const spread = (index: number) => rounds[index]!.federated?.spread;
  const values = column((index) => rounds[index]!.federated?.metrics[metric]);
  const isSpreadMetric = metric === (started.task === 'regression' ? 'loss' : 'accuracy');
  if (!isSpreadMetric || !hasValues(values)) return { values };
  const worst = column((index) => spread(index)?.worstDecile);
  const best = column((index) => spread(index)?.best);
  const [low, high] = metric === 'accuracy' ? [worst, best] : [best, worst];
  return { values, band: { low, high, name: 'worst tenth to best client' } };
}

function ngramSeries({ ngram }: RunSummary, metric: Metric): readonly Series[] {
  const value = finite(ngram?.metrics[metric]);
  if (!ngram || value === undefined) return [];
  return [{ name: `${ngram.order}-gram model`, tone: 'ngram', values: value, look: 'dashed' }];
}

function isolatedSeries(isolated: readonly IsolatedEvaluated[], metric: Metric): readonly Series[] {
  const values = isolated
    .map((event) => finite(event.metrics[metric]))
    .filter((value) => value !== undefined);
  const mean = meanOf(values);
  if (mean === undefined) return [];
  const line: Series = { name: 'Average client alone', tone: 'isolated', values: mean, look: 'dashed' };
  if (values.length === 1) return [line];
  const low = values.reduce((one, other) => Math.min(one, other));
  const high = values.reduce((one, other) => Math.max(one, other));
  return [{ ...line, band: { low, high, name: 'worst to best' } }];
}

/** What the run cost: bytes moved, wall time, failed clients where there were any. */
export function costCharts(summary: RunSummary): readonly Chart[] {
  return [bytesChart(summary), wallChart(summary), failedChart(summary)].filter(
    (chart) => chart !== undefined,
  );
}

/** Bytes moved since the start, against sending the examples themselves once; none before there are two rounds. */
export function bytesChart(
  { rounds, started }: RunSummary,
  trainCount = started.trainCount,
): Chart | undefined {
  if (rounds.length < 2) return undefined;
  const down = runningSum(rounds.map((event) => event.downBytes));
  const up = runningSum(rounds.map((event) => event.upBytes));
  const rawBytes = trainCount * started.exampleBytes;
  const raw: Series = {
    name: 'Sending the examples once',
    tone: 'central',
    values: rawBytes,
    look: 'dashed',
  };
  return {
    ...overRounds(rounds),
    id: 'bytes',
    title: 'Bytes moved, in total',
    yName: 'bytes since the start',
    format: 'bytes',
    series: [
      { name: 'Models to clients', tone: 'global', values: down },
      { name: 'Updates to the server', tone: 'federated', values: up },
      // A server may not know how many examples there are.
      ...(rawBytes > 0 ? [raw] : []),
    ],
    summary: `Bytes moved: ${formatBytes(down.at(-1) ?? 0)} to clients and ${formatBytes(up.at(-1) ?? 0)} back.`,
  };
}

/** The wall time of each round; none before there are two. */
export function wallChart({ rounds }: RunSummary): Chart | undefined {
  if (rounds.length < 2) return undefined;
  const wall = rounds.map((event) => event.wallMs);
  return {
    ...overRounds(rounds),
    id: 'wall',
    title: 'Time per round',
    yName: 'wall time',
    format: 'milliseconds',
    series: [{ name: 'Wall time', tone: 'training', values: wall }],
    summary: `Wall time per round, ${formatDuration(meanOf(wall) ?? 0)} on average.`,
  };
}

function failedChart({ rounds, failures }: RunSummary): Chart | undefined {
  const failed = rounds.map((event) => event.failedCount);
  const failedTotal = failed.reduce((total, count) => total + count, 0);
  if (rounds.length < 2 || failedTotal === 0) return undefined;
  const reasons = new Set(failures.map((event) => event.reason)).size;
  return {
    ...overRounds(rounds),
    id: 'failed',
    title: 'Failed clients per round',
    yName: 'clients',
    format: 'count',
    series: [{ name: 'Failed clients', tone: 'failed', values: failed, look: 'bars' }],
    summary: `Failed clients per round: ${failedTotal} in all, for ${reasons} different reasons.`,
  };
}

function overRounds(rounds: readonly RoundFinished[]): Pick<Chart, 'xName' | 'x'> {
  return { xName: 'Round', x: rounds.map((event) => event.round) };
}

function runningSum(values: readonly number[]): number[] {
  let total = 0;
  return values.map((value) => {
    total += value;
    return total;
  });
}

function hasValues(values: Column): boolean {
  return values.some((value) => value !== null);
}

function ends(values: Column, format: ValueFormat): string {
  const text = format === 'percent' ? formatPercent : formatMetric;
  const known = values.filter((value) => value !== null);
  return `${text(known[0])} to ${text(known.at(-1))}`;
}
