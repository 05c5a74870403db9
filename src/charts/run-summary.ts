/** What a run's log says: read once by the report and the terminal, followed event by event by the dashboard. */
import { ConfigError } from '../errors.js';
import type {
  CentralEvaluated,
  ClientFailed,
  ClientsEvaluated,
  IsolatedEvaluated,
  Metrics,
  NgramEvaluated,
  RoundFinished,
  RoundStarted,
  RunEvent,
  RunFinished,
  RunStarted,
  SuggestionsSampled,
} from '../round/run-events.js';
import { createSortedLog } from './sorted-log.js';

/** A round whose model was evaluated. */
type EvaluatedRound = RoundFinished & { readonly metrics: Metrics };

/** The metric a run is judged by: accuracy, or for regression the mean absolute error where it is known. */
export type Headline = 'accuracy' | 'meanAbsoluteError' | 'loss';

/** A run's log in order; a round that was logged twice (before and after a resume) stands once, as logged last. */
export interface RunSummary {
  readonly started: RunStarted;
  readonly headline: Headline;
  /** The rounds that have begun; empty where a run does not log it. */
  readonly openings: readonly RoundStarted[];
  readonly rounds: readonly RoundFinished[];
  /** Absent while the run goes on, and after a resume until it ends again. */
  readonly finished?: RunFinished;
  /** The last round; absent before round 0 has finished. */
  readonly last?: RoundFinished;
  /** The rounds that were evaluated, the last of them, and the best. */
  readonly evaluated: readonly EvaluatedRound[];
  readonly lastEvaluated?: EvaluatedRound;
  readonly best?: EvaluatedRound;
  readonly central: readonly CentralEvaluated[];
  readonly isolated: readonly IsolatedEvaluated[];
  readonly ngram?: NgramEvaluated;
  readonly suggestions?: SuggestionsSampled;
  readonly clients?: ClientsEvaluated;
  readonly failures: readonly ClientFailed[];
  /** Clients that the run started with, or where a population comes and goes those that have trained or failed. */
  readonly clientCount: number;
  readonly downBytes: number;
  readonly upBytes: number;
  readonly wallMs: number;
}

/** A log that is followed. */
export interface RunFold {
  /** The next event of the log. */
  add(event: RunEvent): void;
  /** What it says so far; its lists grow as the log does. Undefined before `run-started`. */
  summary(): RunSummary | undefined;
}

/**
 * Gathers a run's events.
 *
 * @throws {ConfigError} when there is no `run-started` event.
 */
export function summarizeRun(events: readonly RunEvent[]): RunSummary {
  const fold = createRunFold();
  for (const event of events) fold.add(event);
  const summary = fold.summary();
  if (!summary) throw new ConfigError('events must hold a run-started event, got none');
  return summary;
}

/** Follows a log: an event costs the same however long the log is. */
export function createRunFold(): RunFold {
  const openings = createSortedLog((event: RoundStarted) => event.round);
  const rounds = createSortedLog((event: RoundFinished) => event.round);
  const evaluated = createSortedLog((event: EvaluatedRound) => event.round);
  const central = createSortedLog((event: CentralEvaluated) => event.round);
  const isolated = createSortedLog((event: IsolatedEvaluated) => event.clientId);
  const failures = createSortedLog((event: ClientFailed) => event.round * 2 ** 24 + event.clientId);
  const heard = new Set<number>();
  const sums = { downBytes: 0, upBytes: 0, wallMs: 0 };
  const lastly: Lastly = {};

  const count = (event: RoundFinished, sign: 1 | -1) => {
    for (const key of ['downBytes', 'upBytes', 'wallMs'] as const) sums[key] += sign * event[key];
  };
  const addRound = (event: RoundFinished) => {
    const before = rounds.put(event);
    if (before) count(before, -1);
    count(event, 1);
    if (isEvaluated(event)) evaluated.put(event);
  };
  return {
    add(event) {
      if (event.type === 'run-started') lastly.started ??= event;
      else if (event.type === 'round-started') openings.put(event);
      else if (event.type === 'round-finished') addRound(event);
      else if (event.type === 'client-trained') heard.add(event.clientId);
      else if (event.type === 'client-failed') {
        heard.add(event.clientId);
        failures.put(event);
      } else if (event.type === 'central-evaluated') central.put(event);
      else if (event.type === 'isolated-evaluated') isolated.put(event);
      else if (event.type === 'ngram-evaluated') lastly.ngram = event;
      else if (event.type === 'suggestions-sampled') lastly.suggestions = event;
      else if (event.type === 'clients-evaluated') lastly.clients = event;
      else if (event.type === 'run-finished') lastly.finished = event;
      else if (event.type === 'run-resumed') {
        delete lastly.finished;
        delete lastly.clients;
      }
    },
    summary() {
      const { started, finished, ...rest } = lastly;
      if (!started) return undefined;
      const last = rounds.items.at(-1);
      const lastEvaluated = evaluated.items.at(-1);
      const headline = headlineFor(started, lastEvaluated?.metrics);
      const best = finished
        ? evaluated.items.find((event) => event.round === finished.bestRound)
        : bestRound(evaluated.items, headline);
      return {
        ...rest,
        ...{ started, headline, openings: openings.items, rounds: rounds.items, evaluated: evaluated.items },
        ...(finished && { finished }),
        ...(last && { last }),
        ...(lastEvaluated && { lastEvaluated }),
        ...(best && { best }),
        ...{ central: central.items, isolated: isolated.items, failures: failures.items },
        clientCount: Math.max(started.clients.length, heard.size),
        ...sums,
        wallMs: finished?.wallMs ?? sums.wallMs,
      };
    },
  };
}

/** What only the last event of its type says. */
interface Lastly {
  started?: RunStarted;
  finished?: RunFinished;
  ngram?: NgramEvaluated;
  suggestions?: SuggestionsSampled;
  clients?: ClientsEvaluated;
}

function isEvaluated(event: RoundFinished): event is EvaluatedRound {
  return event.metrics !== undefined;
}

function headlineFor(started: RunStarted, metrics: Metrics | undefined): Headline {
  if (started.task !== 'regression') return 'accuracy';
  return metrics?.meanAbsoluteError === undefined ? 'loss' : 'meanAbsoluteError';
}

function bestRound(rounds: readonly EvaluatedRound[], headline: Headline): EvaluatedRound | undefined {
  const sign = headline === 'accuracy' ? 1 : -1;
  let best: EvaluatedRound | undefined;
  for (const round of rounds) {
    const value = finite(round.metrics[headline]);
    const bestValue = finite(best?.metrics[headline]);
    if (value !== undefined && (bestValue === undefined || sign * value > sign * bestValue)) best = round;
  }
  return best;
}

/** The number, or nothing for what a JSON log makes of NaN and infinity. */
export function finite(value: number | null | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The mean of the known values; nothing when none is known. */
export function meanOf(values: readonly (number | null | undefined)[]): number | undefined {
  const known = values.map(finite).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0) / known.length;
}
