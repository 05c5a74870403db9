/** A client in a tab: the page's half, which starts a Worker, asks it, and shows what it says. */
import type { Suggestions } from '../client/suggest.js';
import { ConfigError, FederatedError } from '../errors.js';
import type { Offer } from '../protocol/messages.js';
import { firstFacts, watchDevice } from './device-facts.js';
import { createLink, type Link } from './link.js';
import { initialState, type ParticipantState } from './participant-state.js';
import type { Contribution, RequestRecord } from './records.js';
import { approveOf, examplesOf, type ParticipantOptions, workerSettings } from './settings.js';
import type { LeaveOptions, PageSide, Prediction, WorkerSide } from './talk.js';
import { watchWakeLock } from './wake-lock.js';

/** A client of a federation, in this tab. */
export interface Participant {
  readonly state: ParticipantState;
  /** Calls `listener` now and at each change, until what it returns is called. */
  subscribe(listener: (state: ParticipantState) => void): () => void;
  /**
   * Takes part from now on; where another tab does so with the same storage, as soon as that one ends. Resolves when the
   * server has let the client in, or waits for the other tab, or for an operator.
   *
   * @throws {RefusedError} when the server does not let it in, {ConfigError} when the examples are none.
   */
  start(): Promise<void>;
  /** Ends training at its next step and gives a task under way back to the server; the tab keeps its turn. */
  pause(): Promise<void>;
  /** As `start`, after `pause`. */
  resume(): Promise<void>;
  /** As `pause`, and gives up the tab's turn: another tab may take over. The identity stays. */
  stop(): Promise<void>;
  /**
   * Tells the server to forget the client, and deletes key, history, requests and the examples of a store here.
   *
   * @throws {TransportError} when the server can not be reached: nothing is deleted then, unless `evenIfUnreachable`.
   */
  leave(options?: LeaveOptions): Promise<void>;
  /** The runs that there are to take part in. */
  offers(): Promise<readonly Offer[]>;
  /**
   * What the newest global model of a run makes of one example; computed in the Worker, nothing is sent.
   *
   * @param features as many numbers as an example of the run has
   */
  predict(runId: string, features: ArrayLike<number>): Promise<Prediction>;
  /** What may come next after a text, by the newest global model of a run of text. */
  suggest(runId: string, text: string): Promise<Suggestions>;
  /** What it has given so far, the newest first. */
  history(): Promise<readonly Contribution[]>;
  /** What it has sent, the newest first; the last 500. */
  requests(): Promise<readonly RequestRecord[]>;
  /** Ends the Worker at once, for good. A task under way is found gone by the server. */
  close(): void;
}

/**
 * A participant; nothing is loaded or sent before it is asked for something.
 *
 * @param spawn starts the Worker, where the options do not say how
 * @throws {ConfigError} when an option is wrong.
 */
export function createParticipantWith(spawn: () => Worker, options: ParticipantOptions): Participant {
  const settings = workerSettings(options);
  const listeners = new Set<(state: ParticipantState) => void>();
  const ended = new AbortController();
  let state = initialState(settings.server);
  let link: Link<WorkerSide> | undefined;
  let worker: Worker | undefined;

  const show = (next: ParticipantState) => {
    state = next;
    for (const listener of listeners) listener(state);
  };
  const page: PageSide = {
    state: show,
    event: (event) => options.onEvent?.(event),
    examples: () => examplesOf(options),
    approve: async (...asked) => approveOf(options)(...asked),
  };
  const fail = (reason: string) => {
    const message = `the Worker can not run: ${reason}`;
    show({
      ...state,
      status: 'failed',
      sentence: `Stopped: ${message}.`,
      error: { code: 'internal', message },
    });
    link?.close();
  };
  const open = (): Link<WorkerSide> => {
    if (link) return link;
    if (ended.signal.aborted) throw new ConfigError('a participant that was closed can not be used any more');
    const { signal } = ended;
    worker = startWorker(options, spawn);
    const opened = createLink<WorkerSide>(worker, page);
    link = opened;
    worker.addEventListener('error', ({ message }) => fail(message || 'its script can not be loaded'));
    opened.tell('open', settings, firstFacts());
    watchDevice((facts) => opened.tell('facts', facts), signal);
    globalThis.addEventListener('online', () => opened.tell('online'), { signal });
    return opened;
  };
  if (options.keepAwake) watchWakeLock((listener) => listeners.add(listener), ended.signal);

  const start = async () => open().call('start');
  return {
    get state() {
      return state;
    },
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => void listeners.delete(listener);
    },
    start,
    pause: async () => open().call('pause'),
    resume: start,
    stop: async () => open().call('stop'),
    leave: async (how = {}) => open().call('leave', how),
    offers: async () => open().call('offers'),
    predict: async (runId, features) => open().call('predict', runId, Float32Array.from(features)),
    suggest: async (runId, text) => open().call('suggest', runId, text),
    history: async () => open().call('history'),
    requests: async () => open().call('requests'),
    close() {
      ended.abort();
      link?.close();
      worker?.terminate();
    },
  };
}

function startWorker({ worker }: ParticipantOptions, spawn: () => Worker): Worker {
  if (typeof worker === 'function') return worker();
  try {
    return worker === undefined ? spawn() : new Worker(worker, { type: 'module' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FederatedError('internal', `the Worker can not be started: ${reason}`, { cause });
  }
}
