/** Runs side by side: their curves in one chart, their results in a row, and the settings in which they differ. */
import { formatBytes, formatCount, formatDuration } from '../format.js';
import type { Chart, ValueFormat } from './chart.js';
import { describeValue } from './describe-value.js';
import { formatHeadline, headlineName } from './result-sentence.js';
import { finite, type RunSummary } from './run-summary.js';

type ComparedMetric = 'accuracy' | 'meanAbsoluteError' | 'loss';

/** Tones that are told apart side by side. */
const TONES = ['global', 'central', 'federated', 'isolated', 'ngram', 'training'] as const;

/** As many runs as there are tones. */
export const MOST_COMPARED = TONES.length;

/** The tone of the run of this number. */
export function toneOfRun(index: number): string {
  return TONES[index % TONES.length] ?? 'global';
}

/** Accuracy, error and loss over rounds, one line a run; only what at least one has. */
export function compareCharts(runs: readonly RunSummary[]): readonly Chart[] {
  const metrics: readonly (readonly [ComparedMetric, string, ValueFormat])[] = [
    ['accuracy', 'Accuracy', 'percent'],
    ['meanAbsoluteError', 'Mean absolute error', 'number'],
    ['loss', 'Loss', 'number'],
  ];
  return metrics
    .map(([metric, title, format]) => compareChart(runs, metric, title, format))
    .filter((chart) => chart !== undefined);
}

function compareChart(
  runs: readonly RunSummary[],
  metric: ComparedMetric,
  title: string,
  format: ValueFormat,
): Chart | undefined {
  const x = [...new Set(runs.flatMap(({ evaluated }) => evaluated.map(({ round }) => round)))].sort(
    (one, other) => one - other,
  );
  const series = runs.map(({ started, evaluated }, index) => {
    const known = new Map(evaluated.map(({ round, metrics }) => [round, finite(metrics[metric])]));
    return {
      name: started.runId,
      tone: toneOfRun(index),
      values: x.map((round) => known.get(round) ?? null),
    };
  });
  const drawn = series.filter(({ values }) => values.some((value) => value !== null));
  if (drawn.length === 0) return undefined;
  return {
    ...{ id: metric, title, xName: 'Round', x, yName: title.toLowerCase(), format, series: drawn },
    summary: `${title} over rounds of ${drawn.map(({ name }) => name).join(', ')}.`,
  };
}

/** A row of a table with one value for each run. */
export interface ComparedRow {
  readonly name: string;
  readonly values: readonly string[];
}

/** What came out, and what it took. */
export function comparedResults(runs: readonly RunSummary[]): readonly ComparedRow[] {
  const row = (name: string, say: (run: RunSummary) => string): ComparedRow => ({
    name,
    values: runs.map(say),
  });
  return [
    row('Result', (run) => {
      const value = (run.finished?.metrics ?? run.lastEvaluated?.metrics)?.[run.headline];
      return value === undefined ? '–' : `${formatHeadline(value, run.headline)} ${headlineName(run)}`;
    }),
    row('Best', ({ best, headline }) =>
      best ? `${formatHeadline(best.metrics[headline], headline)} in round ${best.round}` : '–',
    ),
    row('Rounds', ({ finished, last, started }) => {
      const done = finished?.rounds ?? last?.round ?? 0;
      return finished ? formatCount(done) : `${formatCount(done)} of ${formatCount(started.rounds)}`;
    }),
    row('Clients a round', ({ last }) => (last ? formatCount(last.cohortSize) : '–')),
    row('Parameters', ({ started }) => formatCount(started.parameterCount)),
    row('Bytes moved', ({ downBytes, upBytes }) => formatBytes(downBytes + upBytes)),
    row('Wall time', ({ wallMs }) => formatDuration(wallMs)),
  ];
}

/** What every run has of its own. */
const OWN: ReadonlySet<string> = new Set(['name', 'title', 'out']);

/** A setting of several runs; those that differ come first. */
export interface ComparedSetting extends ComparedRow {
  readonly differs: boolean;
}

/** The settings of runs side by side, in the order of their names. */
export function comparedSettings(
  configs: readonly Readonly<Record<string, unknown>>[],
): readonly ComparedSetting[] {
  const names = [...new Set(configs.flatMap((config) => Object.keys(config)))]
    .filter((name) => !OWN.has(name))
    .sort();
  const rows = names.map((name) => {
    const values = configs.map((config) => shown(config[name]));
    return { name, values, differs: new Set(values).size > 1 };
  });
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}

function shown(value: unknown): string {
  return (value === undefined ? '' : describeValue(value)) || '–';
}
