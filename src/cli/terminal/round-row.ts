/** The rows of the live table: one a round. */
import { formatBytes, formatDuration, formatMetric, formatPercent } from '../../format.js';
import { plain } from '../../plain-text.js';
import type { RoundFinished, RunStarted } from '../../round/run-events.js';
import { clip, pad, paint, type Style, type TerminalOptions } from './style.js';

type Task = RunStarted['task'];
type Metric = 'accuracy' | 'top3Recall' | 'perplexity' | 'meanAbsoluteError' | 'loss';

interface RoundColumn {
  readonly header: string;
  readonly width: number;
  /** Columns of a low rank stay when the terminal is narrow. */
  readonly rank: number;
  readonly text: (event: RoundFinished) => string;
  readonly style?: (event: RoundFinished) => Style | undefined;
}

const NOTHING = '-';
const GAP = 2;

function columnsOf(task: Task): readonly RoundColumn[] {
  const shares = task !== 'regression';
  const spreadText = shares ? formatPercent : formatMetric;
  const optional = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? NOTHING : text(value);
  /** Of a round that was not evaluated nothing is known. */
  const metric = (
    header: string,
    rank: number,
    name: Metric,
    text: (value?: number) => string,
  ): RoundColumn => ({
    header,
    width: 8,
    rank,
    text: ({ metrics }) => (metrics ? text(metrics[name]) : NOTHING),
  });
  return [
    { header: 'round', width: 5, rank: 0, text: (event) => String(event.round) },
    { ...headlineOf(task, metric), style: () => 'bold' },
    ...(task === 'next-token'
      ? [
          metric('top 3', 3.5, 'top3Recall', formatPercent),
          metric('perplex.', 2.5, 'perplexity', formatMetric),
        ]
      : []),
    metric('loss', 2, 'loss', formatMetric),
    {
      header: 'federated',
      width: 9,
      rank: 5,
      text: ({ federated }) =>
        optional(shares ? federated?.metrics.accuracy : federated?.metrics.loss, spreadText),
    },
    {
      header: 'worst 10%',
      width: 9,
      rank: 7,
      text: ({ federated }) => optional(federated?.spread.worstDecile, spreadText),
    },
    {
      header: 'clients',
      width: 8,
      rank: 4,
      text: (event) =>
        event.trainedCount + event.failedCount === 0 ? NOTHING : `${event.trainedCount}/${event.cohortSize}`,
      style: (event) => (event.failedCount > 0 ? 'yellow' : undefined),
    },
    { header: 'bytes', width: 7, rank: 6, text: (event) => formatBytes(event.downBytes + event.upBytes) },
    { header: 'time', width: 11, rank: 3, text: (event) => formatDuration(event.wallMs) },
  ];
}

function headlineOf(
  task: Task,
  metric: (header: string, rank: number, name: Metric, text: (value?: number) => string) => RoundColumn,
): RoundColumn {
  if (task === 'regression') return metric('MAE', 1, 'meanAbsoluteError', formatMetric);
  return metric(task === 'next-token' ? 'top 1' : 'accuracy', 1, 'accuracy', formatPercent);
}

/** The columns that clip, in their order. */
function shownColumns(task: Task, { columns }: TerminalOptions): readonly RoundColumn[] {
  const all = columnsOf(task);
  let room = columns - 1;
  const shown = new Set<RoundColumn>();
  for (const column of [...all].sort((one, other) => one.rank - other.rank)) {
    const width = column.width + (shown.size > 0 ? GAP : 0);
    if (shown.size > 0 && width > room) break;
    room -= width;
    shown.add(column);
  }
  return all.filter((column) => shown.has(column));
}

/** The table's header line. In a narrow terminal both header and rows leave out the same columns. */
export function roundHeader(task: Task, options: TerminalOptions): string {
  const headers = shownColumns(task, options).map(({ header, width }) => pad(header, width, 'right'));
  return paint(headers.join(' '.repeat(GAP)), 'dim', options);
}

/** One round as a line; a failed round has a second line that says why. */
export function roundRow(event: RoundFinished, task: Task, options: TerminalOptions): string {
  const cells = shownColumns(task, options).map(({ text, width, style }) =>
    paint(pad(text(event), width, 'right'), style?.(event), options),
  );
  const row = cells.join(' '.repeat(GAP));
  if (event.outcome === 'aggregated') return row;
  const why = `${' '.repeat(5 + GAP)}round failed: ${plain(event.reason ?? 'no reason given')}`;
  return `${row}\n${paint(clip(why, options.columns - 1, options), 'red', options)}`;
}
