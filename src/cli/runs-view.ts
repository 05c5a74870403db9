/** How runs are listed, shown, compared and exported. */
import { summarizeRun } from '../charts/run-summary.js';
import type { RoundFinished, RunEvent, RunStarted } from '../round/run-events.js';
import { shownSettings } from '../settings/stored-settings.js';
import type { StoredRun } from '../store/stored-run.js';
import { curve } from './terminal/curve.js';
import { finalSummary } from './terminal/final-summary.js';
import { roundHeader, roundRow } from './terminal/round-row.js';
import type { TerminalOptions } from './terminal/style.js';
import { type Cell, table } from './terminal/table.js';

/** Rounds shown in full at the end of a run. */
const LAST_ROUNDS = 12;

/** A run in a few plain values. */
export interface RunSummary {
  readonly runId: string;
  readonly state: string;
  readonly startedAt: string | null;
  readonly data: string;
  readonly partition: string;
  readonly model: string;
  readonly clients: number | null;
  readonly rounds: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly bestRound: number | null;
}

export function summaryOf({ runId, config, events }: StoredRun): RunSummary {
  const settings = shownSettings(config);
  const started = startOf(events);
  const finished = events.findLast((event) => event.type === 'run-finished');
  const last = roundsOf(events).at(-1);
  const metrics = roundsOf(events).findLast((round) => round.metrics)?.metrics;
  return {
    runId,
    state: finished ? finished.reason : 'unfinished',
    startedAt: started ? new Date(started.time).toISOString() : null,
    // A run on a server may have neither: its clients bring their own.
    data: String(settings.data ?? '-'),
    partition: String(settings.partition ?? '-'),
    model: started?.model ?? String(settings.model),
    clients: started ? summarizeRun(events).clientCount : null,
    rounds: last?.round ?? 0,
    accuracy: metrics?.accuracy ?? null,
    loss: metrics?.loss ?? null,
    bestRound: finished?.bestRound ?? null,
  };
}

/** A run of which nothing can be said but that it is there. */
export function damagedRun(runId: string): RunSummary {
  const unknown = { startedAt: null, data: '-', partition: '-', model: '-', clients: null };
  return { runId, state: 'damaged', ...unknown, rounds: 0, accuracy: null, loss: null, bestRound: null };
}

/** Runs as a table. */
export function runTable(runs: readonly RunSummary[], options: TerminalOptions): string {
  const columns = ['run', 'state', 'data', 'partition', 'model', 'clients', 'rounds', 'accuracy', 'loss'];
  const rows = runs.map((run): Cell[] => [
    run.runId,
    run.state,
    run.data,
    run.partition,
    run.model,
    run.clients,
    run.rounds,
    run.accuracy,
    run.loss,
  ]);
  return table(
    // Names are there to be copied.
    columns.map((header) => ({ header, whole: header === 'run' })),
    rows,
    options,
  );
}

/** One run: summary, curve, last rounds, settings. */
export function describeRun({ runId, config, events }: StoredRun, options: TerminalOptions): string {
  const settings = Object.entries(shownSettings(config)).map(([key, value]) => [key, textOf(value)]);
  const configuration = table([{ header: 'setting' }, { header: 'value', align: 'left' }], settings, options);
  const started = startOf(events);
  if (!started) return `${runId} has not started.\n\n${configuration}`;
  const rounds = roundsOf(events);
  const rows = rounds.slice(-LAST_ROUNDS).map((round) => roundRow(round, started.task, options));
  const parts = [
    finalSummary(events, options),
    drawCurves([{ name: 'global', rounds }], options),
    [roundHeader(started.task, options), ...rows].join('\n'),
    configuration,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Runs side by side: results, then only the settings that differ. */
export function compareRuns(runs: readonly StoredRun[], options: TerminalOptions): string {
  const keys = new Set(runs.flatMap(({ config }) => Object.keys(shownSettings(config))));
  const differing = [...keys].filter(
    (key) => new Set(runs.map(({ config }) => textOf(at(config, key)))).size > 1,
  );
  const rows = differing.map((key) => [key, ...runs.map(({ config }) => textOf(at(config, key)))]);
  const headers = ['setting', ...runs.map(({ runId }) => runId)].map((header) => ({
    header,
    align: 'left' as const,
  }));
  const curves = drawCurves(
    runs.slice(0, 3).map(({ runId, events }) => ({ name: runId, rounds: roundsOf(events) })),
    options,
  );
  const parts = [
    runTable(runs.map(summaryOf), options),
    curves,
    rows.length > 0 ? table(headers, rows, options) : '',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** One line a round, with a header (RFC 4180); empty where a round has no such value. */
export function roundsAsCsv(events: readonly RunEvent[]): string {
  const header =
    'round,outcome,cohort,trained,failed,train_loss,loss,accuracy,mean_absolute_error,federated_loss,federated_accuracy,worst_decile,client_variance,down_bytes,up_bytes,wall_ms,central_loss,central_accuracy,top3_recall,perplexity';
  const central = new Map(
    events.flatMap((event) =>
      event.type === 'central-evaluated' ? [[event.round, event.metrics] as const] : [],
    ),
  );
  const lines = roundsOf(events).map((event) =>
    [
      event.round,
      event.outcome,
      event.cohortSize,
      event.trainedCount,
      event.failedCount,
      event.trainLoss,
      event.metrics?.loss,
      event.metrics?.accuracy,
      event.metrics?.meanAbsoluteError,
      event.federated?.metrics.loss,
      event.federated?.metrics.accuracy,
      event.federated?.spread.worstDecile,
      event.federated?.spread.variance,
      event.downBytes,
      event.upBytes,
      event.wallMs,
      central.get(event.round)?.loss,
      central.get(event.round)?.accuracy,
      event.metrics?.top3Recall,
      event.metrics?.perplexity,
    ]
      .map((value) => value ?? '')
      .join(','),
  );
  return [header, ...lines].join('\n');
}

function drawCurves(
  series: readonly { name: string; rounds: readonly RoundFinished[] }[],
  options: TerminalOptions,
): string {
  const values = series.map(({ rounds }) =>
    rounds.map(({ metrics }) => metrics && (metrics.accuracy ?? null)),
  );
  if (!values.flat().some((value) => typeof value === 'number')) return '';
  return curve(values, { ...options, names: series.map(({ name }) => name) });
}

function startOf(events: readonly RunEvent[]): RunStarted | undefined {
  return events.find((event) => event.type === 'run-started');
}

function roundsOf(events: readonly RunEvent[]): RoundFinished[] {
  return events.filter((event) => event.type === 'round-finished');
}

function at(config: unknown, key: string): unknown {
  return shownSettings(config)[key];
}

function textOf(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
