/** Where a run stands, what happens to it, and what is to be done: the words of the round's state machine. */
import type { LocalWork } from '../learn/trainer.js';
import type { Candidate } from '../strategy/selection.js';
import type { Metrics, StopReason } from './run-events.js';
import type { RunProgress } from './stopping.js';

/** Where a run stands. Plain data: a checkpoint is this and the global model. */
export interface RunState {
  readonly phase: 'created' | 'delayed' | 'selecting' | 'training' | 'evaluating' | 'paused' | 'finished';
  /** The round of the phase; where the run is paused, the last one. */
  readonly round: number;
  readonly cohort: readonly number[];
  /** So many reports close the round. */
  readonly goal: number;
  /** Clients of the cohort that have not answered. */
  readonly waiting: readonly number[];
  readonly trained: readonly number[];
  readonly failed: readonly number[];
  /** Clients that had not answered when the round had enough: neither trained nor failed. */
  readonly surplus: readonly number[];
  /** Failed rounds in a row, up to the last one. */
  readonly failures: number;
  /** Whether the run is to pause where its open round ends. */
  readonly pausing: boolean;
  /** Null before round 0 is over. */
  readonly progress: RunProgress | null;
}

export type RunInput =
  | { readonly type: 'started' }
  /** The back-off that `delay` asked for is over. */
  | { readonly type: 'delay-passed'; readonly round: number }
  /** Who is available now; as often as there is news, while the run is in phase `selecting`. */
  | {
      readonly type: 'candidates';
      readonly round: number;
      /** Each client once. */
      readonly candidates: readonly Candidate[];
      /** Since `select`. */
      readonly waitedMs: number;
    }
  | {
      readonly type: 'update-arrived';
      readonly round: number;
      readonly clientId: number;
      readonly weight: number;
    }
  | { readonly type: 'client-failed'; readonly round: number; readonly clientId: number }
  | { readonly type: 'deadline-passed'; readonly round: number }
  | {
      readonly type: 'evaluated';
      readonly round: number;
      /** Null where the round was not evaluated. */
      readonly metrics: Metrics | null;
      readonly elapsedMs: number;
    }
  | { readonly type: 'pause-requested' }
  | { readonly type: 'resume-requested' }
  | { readonly type: 'stop-requested' };

export type Command =
  /** The round before has failed: deliver `delay-passed` after this time. */
  | { readonly type: 'delay'; readonly round: number; readonly delayMs: number }
  /** Deliver `candidates`, now and whenever there is news, until there is another phase. */
  | {
      readonly type: 'select';
      readonly round: number;
      readonly goal: number;
      /** With so many who may be chosen the round starts at once, */
      readonly wanted: number;
      /** with so many once the plan's `selectionMs` have passed. */
      readonly minimum: number;
    }
  /** Ask these clients to train from the global model. The round's goal is that of the state. */
  | {
      readonly type: 'assign';
      readonly round: number;
      readonly cohort: readonly number[];
      readonly work: LocalWork;
      /** Deliver `deadline-passed` after this time; absent: never. */
      readonly deadlineMs?: number;
    }
  /** Fold this client's update into the running mean. */
  | { readonly type: 'fold'; readonly clientId: number; readonly weight: number }
  /** Drop this client's update: it is late, twice, or not asked for. */
  | { readonly type: 'discard'; readonly clientId: number }
  /** The round has enough: tell these clients that they need not go on. */
  | { readonly type: 'dismiss'; readonly round: number; readonly clientIds: readonly number[] }
  /** Let the strategy move the global model by the mean. */
  | { readonly type: 'aggregate'; readonly round: number }
  /** Too few results: the model stays, what was folded is dropped. */
  | { readonly type: 'fail-round'; readonly round: number; readonly reason: string }
  /** Evaluate the global model if `isEvaluated` says so, publish it, and answer with `evaluated`. */
  | { readonly type: 'evaluate'; readonly round: number }
  | { readonly type: 'finish'; readonly reason: StopReason };

/** The next state, and what is to be done. */
export interface Transition {
  readonly state: RunState;
  readonly commands: readonly Command[];
}

/** A run before its first event. */
export const createdRun: RunState = Object.freeze({
  phase: 'created',
  round: 0,
  cohort: [],
  goal: 0,
  waiting: [],
  trained: [],
  failed: [],
  surplus: [],
  failures: 0,
  pausing: false,
  progress: null,
});
