/** What a run's log says, gathered once for the report and for the terminal's closing lines. */
import { ConfigError } from '../errors.js';
import type {
  CentralEvaluated,
  ClientFailed,
  ClientsEvaluated,
  IsolatedEvaluated,
  Metrics,
  NgramEvaluated,
  RoundFinished,
  RunEvent,
  RunFinished,
  RunStarted,
  SuggestionsSampled,
} from '../round/run-events.js';

/** A round whose model was evaluated. */
type EvaluatedRound = RoundFinished & { readonly metrics: Metrics };

/** The metric a run is judged by: accuracy, or for regression the mean absolute error where it is known. */
export type Headline = 'accuracy' | 'meanAbsoluteError' | 'loss';

/** A run's log in order; a round that was logged twice (before and after a resume) stands once, as logged last. */
export interface RunSummary {
  readonly started: RunStarted;
  readonly headline: Headline;
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
  /** See `clientCountOf`. */
  readonly clientCount: number;
  readonly downBytes: number;
  readonly upBytes: number;
  readonly wallMs: number;
}

/**
 * Gathers a run's events.
 *
 * @throws {ConfigError} when there is no `run-started` event.
 */
export function summarizeRun(events: readonly RunEvent[]): RunSummary {
  const started = events.find((event) => event.type === 'run-started');
  if (!started) throw new ConfigError('events must hold a run-started event, got none');
  const rounds = lastOfEach(events, 'round-finished', (event) => event.round);
  const last = rounds.at(-1);
  const evaluated = rounds.filter((event): event is EvaluatedRound => event.metrics !== undefined);
  const lastEvaluated = evaluated.at(-1);
  const headline = headlineFor(started, lastEvaluated?.metrics);
  const resumedAt = events.findLastIndex((event) => event.type === 'run-resumed');
  const finished = events.slice(resumedAt + 1).findLast((event) => event.type === 'run-finished');
  const best = finished
    ? evaluated.find((event) => event.round === finished.bestRound)
    : bestRound(evaluated, headline);
  const ngram = events.findLast((event) => event.type === 'ngram-evaluated');
  const suggestions = events.findLast((event) => event.type === 'suggestions-sampled');
  const clients = events.slice(resumedAt + 1).findLast((event) => event.type === 'clients-evaluated');
  return {
    started,
    headline,
    rounds,
    ...(finished && { finished }),
    ...(last && { last }),
    evaluated,
    ...(lastEvaluated && { lastEvaluated }),
    ...(best && { best }),
    central: lastOfEach(events, 'central-evaluated', (event) => event.round),
    isolated: lastOfEach(events, 'isolated-evaluated', (event) => event.clientId),
    ...(ngram && { ngram }),
    ...(suggestions && { suggestions }),
    ...(clients && { clients }),
    failures: lastOfEach(events, 'client-failed', (event) => event.round * 2 ** 24 + event.clientId),
    clientCount: clientCountOf(started, events),
    downBytes: sum(rounds, (event) => event.downBytes),
    upBytes: sum(rounds, (event) => event.upBytes),
    wallMs: finished?.wallMs ?? sum(rounds, (event) => event.wallMs),
  };
}

/** How many clients a run has: those it started with, or where a population comes and goes those it has heard of. */
export function clientCountOf({ clients }: RunStarted, events: readonly RunEvent[]): number {
  const heard = events.flatMap((event) =>
    event.type === 'client-trained' || event.type === 'client-failed' ? [event.clientId] : [],
  );
  return Math.max(clients.length, new Set(heard).size);
}

function headlineFor(started: RunStarted, metrics: Metrics | undefined): Headline {
  if (started.task !== 'regression') return 'accuracy';
  return metrics?.meanAbsoluteError === undefined ? 'loss' : 'meanAbsoluteError';
}

/** The last event of a type for every key, by rising key. */
function lastOfEach<Type extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: Type,
  keyOf: (event: Extract<RunEvent, { type: Type }>) => number,
): Extract<RunEvent, { type: Type }>[] {
  const isOfType = (event: RunEvent): event is Extract<RunEvent, { type: Type }> => event.type === type;
  const byKey = new Map(events.filter(isOfType).map((event) => [keyOf(event), event]));
  return [...byKey].sort(([one], [other]) => one - other).map(([, event]) => event);
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
  return known.length === 0 ? undefined : sum(known, (value) => value) / known.length;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
