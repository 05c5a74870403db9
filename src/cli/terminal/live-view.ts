/** A run as it goes, on a terminal: rows of rounds, and below them a curve and a progress line that are redrawn. */
import { formatCount, formatPlural } from '../../format.js';
import { plain } from '../../plain-text.js';
import type { ClientFailed, RunEvent, RunStarted } from '../../round/run-events.js';
import { progressLine, smoothed } from './progress-line.js';
import { createRoundHistory } from './round-history.js';
import { roundHeader, roundRow } from './round-row.js';
import { createStatusBlock, type OutputStream } from './status-block.js';
import { clip, paint, type TerminalOptions } from './style.js';

/** Feed it every event, then end it; without `end` the cursor stays hidden. */
export interface LiveView {
  onEvent(event: RunEvent): void;
  /** Takes the status away and leaves the final curve. Nothing is shown after it. */
  end(): void;
}

/** How a view writes. `now` is a clock in milliseconds; tests bring their own. */
export interface LiveViewOptions {
  readonly color: boolean;
  readonly unicode?: boolean;
  readonly now?: () => number;
}

const REDRAW_MS = 100;
/** Lower terminals get the progress line only. */
const ROWS_FOR_CURVE = 20;
const MOST_REASONS = 10;

/**
 * Shows a run. On a terminal, a status below the rows is redrawn, for small steps at most ten times a second;
 * elsewhere only the rows are printed, without any control character but colours, if those are on.
 */
export function createLiveView(stream: OutputStream, options: LiveViewOptions): LiveView {
  const now = options.now ?? (() => performance.now());
  const terminal = (): TerminalOptions => ({
    ...options,
    columns: stream.columns || (stream.isTTY ? 80 : 120),
  });
  const block = stream.isTTY ? createStatusBlock(stream) : undefined;
  const history = createRoundHistory();
  const startedAt = now();
  let started: RunStarted | undefined;
  let msPerRound: number | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let ended = false;
  const describe = createNarrator();

  const status = (activity: string): readonly string[] => {
    if (!started) return [];
    const done = Math.max(0, history.lastRound());
    const progress = progressLine(
      {
        done,
        total: started.rounds,
        label: `round ${formatCount(done)}/${formatCount(started.rounds)}${activity}`,
        elapsedMs: now() - startedAt,
        ...(msPerRound !== undefined && { msPerUnit: msPerRound }),
      },
      terminal(),
    );
    const chart = (stream.rows ?? 0) >= ROWS_FOR_CURVE ? history.chart(started.task, terminal()) : '';
    return chart === '' ? [progress] : ['', ...chart.split('\n'), '', progress];
  };

  return {
    onEvent(event) {
      if (ended) return;
      if (event.type === 'run-started') started = event;
      if (event.type === 'central-evaluated') history.addCentral(event);
      if (event.type === 'round-finished') {
        history.addRound(event);
        if (event.round > 0) msPerRound = smoothed(msPerRound, event.wallMs);
      }
      const { text, activity } = describe(event, started, terminal());
      if (!block) {
        if (text !== '') stream.write(`${text}\n`);
      } else if (text !== '' || now() - drawnAt >= REDRAW_MS) {
        block.show(text, status(activity));
        drawnAt = now();
      }
    },
    end() {
      if (ended) return;
      ended = true;
      const chart = started ? history.chart(started.task, terminal()) : '';
      block?.close(chart === '' ? '' : `\n${chart}`);
    },
  };
}

/** What an event adds to the rows, and what the status says is going on. */
function createNarrator() {
  const reasons = new Set<string>();
  let trained = 0;
  let alone = 0;
  let activity = '';
  const text = (event: RunEvent, started: RunStarted | undefined, options: TerminalOptions): string => {
    switch (event.type) {
      case 'run-started':
        return `${headline(event, options)}\n\n${roundHeader(event.task, options)}`;
      case 'run-resumed':
        return `resumed after round ${event.round}`;
      case 'round-started':
        activity = `, ${formatPlural(event.cohort.length, 'client')} asked`;
        return '';
      case 'client-trained':
        trained++;
        activity = `, ${formatPlural(trained, 'client')} trained`;
        return '';
      case 'client-failed':
        if (reasons.size >= MOST_REASONS || reasons.has(event.reason)) return '';
        reasons.add(event.reason);
        return failureNote(event, options);
      case 'round-finished':
        trained = 0;
        activity = '';
        return roundRow(event, started?.task ?? 'classification', options);
      case 'central-evaluated':
        activity = ', training on pooled data';
        return '';
      case 'isolated-evaluated':
        alone++;
        activity = `, clients alone ${alone}/${started?.clients.length ?? alone}`;
        return '';
      case 'ngram-evaluated':
        activity = ', counting n-grams';
        return '';
      case 'suggestions-sampled':
      case 'clients-evaluated':
      case 'run-finished':
        activity = '';
        return '';
      default:
        event satisfies never;
        return '';
    }
  };
  return (event: RunEvent, started: RunStarted | undefined, options: TerminalOptions) => ({
    text: text(event, started, options),
    activity,
  });
}

function headline(event: RunStarted, options: TerminalOptions): string {
  const clients = `, ${formatPlural(event.trainCount, 'example')} on ${formatPlural(event.clients.length, 'client')}`;
  const model = `${plain(event.model)} with ${formatPlural(event.parameterCount, 'parameter')}`;
  // A server does not know its clients before they come.
  const known = event.clients.length > 0 ? clients : '';
  const text = `${plain(event.runId)}: ${model}${known}, ${plain(event.engine)}`;
  return paint(clip(text, options.columns - 1, options), 'bold', options);
}

/** Each reason is told once; the rows count the failures. */
function failureNote({ clientId, round, reason }: ClientFailed, options: TerminalOptions): string {
  const text = `client ${clientId} failed in round ${round}: ${plain(reason)}`;
  return paint(clip(text, options.columns - 1, options), 'yellow', options);
}
