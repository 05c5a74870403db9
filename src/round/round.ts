/**
 * The round as a state machine: `(state, event) -> (state, commands)`, no I/O. The simulation, the server and a
 * test differ only in who delivers events and who carries out commands.
 */
import type { LocalWork } from '../learn/trainer.js';
import { selectCohort } from '../strategy/cohort.js';
import type { Strategy } from '../strategy/strategy.js';
import type { Metrics, StopReason } from './run-events.js';
import { noteRound, type Progress, type StopRules, stopReason } from './stopping.js';

/** What is fixed for a whole run. */
export interface RunPlan {
  readonly strategy: Strategy;
  readonly stop: StopRules;
  readonly population: readonly number[];
  readonly seed: number;
}

/** Where a run stands. Plain data: a checkpoint is this and the global model. */
export interface RunState {
  readonly phase: 'created' | 'training' | 'evaluating' | 'finished';
  readonly round: number;
  readonly cohort: readonly number[];
  /** Clients of the cohort that have not answered. */
  readonly waiting: readonly number[];
  readonly trained: readonly number[];
  readonly failed: readonly number[];
  /** Null before the initial model is evaluated. */
  readonly progress: Progress | null;
}

export type RunInput =
  | { readonly type: 'started' }
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
      /** Null where the rules say that the round need not be evaluated. */
      readonly metrics: Metrics | null;
      readonly elapsedMs: number;
    }
  | { readonly type: 'stop-requested' };

export type Command =
  /** Ask these clients to train from the global model. */
  | {
      readonly type: 'assign';
      readonly round: number;
      readonly cohort: readonly number[];
      readonly work: LocalWork;
    }
  /** Fold this client's update into the running mean. */
  | { readonly type: 'fold'; readonly clientId: number; readonly weight: number }
  /** Drop this client's update: it is late, twice, or not asked for. */
  | { readonly type: 'discard'; readonly clientId: number }
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
  waiting: [],
  trained: [],
  failed: [],
  progress: null,
});

/** A run that continues after its last finished round, whose progress is handed in. */
export function restoredRun(plan: RunPlan, progress: Progress): Transition {
  return afterRound(plan, { ...createdRun, round: progress.round, progress });
}

/** Takes one event. Events that do not belong to the state (late, twice) change nothing. */
export function advance(plan: RunPlan, state: RunState, event: RunInput): Transition {
  if (state.phase === 'finished') return { state, commands: [] };
  switch (event.type) {
    case 'started':
      if (state.phase !== 'created') return { state, commands: [] };
      return { state: { ...state, phase: 'evaluating' }, commands: [{ type: 'evaluate', round: 0 }] };
    case 'update-arrived':
      return updateArrived(plan, state, event);
    case 'client-failed':
      return isAwaited(state, event)
        ? settle(plan, answered(state, event.clientId, 'failed'))
        : unchanged(state);
    case 'deadline-passed':
      if (state.phase !== 'training' || event.round !== state.round) return unchanged(state);
      return settle(plan, { ...state, waiting: [], failed: [...state.failed, ...state.waiting] });
    case 'evaluated': {
      if (state.phase !== 'evaluating' || event.round !== state.round) return unchanged(state);
      const progress = noteRound(plan.stop, state.progress, event.round, event.metrics, event.elapsedMs);
      return afterRound(plan, { ...state, progress });
    }
    case 'stop-requested':
      return finished(state, 'interrupted');
    default:
      return event satisfies never;
  }
}

function updateArrived(
  plan: RunPlan,
  state: RunState,
  event: RunInput & { type: 'update-arrived' },
): Transition {
  const { clientId, weight } = event;
  if (!isAwaited(state, event)) return { state, commands: [{ type: 'discard', clientId }] };
  const settled = settle(plan, answered(state, clientId, 'trained'));
  return { state: settled.state, commands: [{ type: 'fold', clientId, weight }, ...settled.commands] };
}

function isAwaited(state: RunState, event: { round: number; clientId: number }): boolean {
  return state.phase === 'training' && event.round === state.round && state.waiting.includes(event.clientId);
}

function answered(state: RunState, clientId: number, outcome: 'trained' | 'failed'): RunState {
  const waiting = state.waiting.filter((waitingId) => waitingId !== clientId);
  return { ...state, waiting, [outcome]: [...state[outcome], clientId] };
}

/** Closes the round once everybody has answered. */
function settle(plan: RunPlan, state: RunState): Transition {
  if (state.waiting.length > 0) return unchanged(state);
  const { round } = state;
  const { minimumClients } = plan.strategy;
  const evaluating: RunState = { ...state, phase: 'evaluating' };
  if (state.trained.length >= minimumClients) {
    return {
      state: evaluating,
      commands: [
        { type: 'aggregate', round },
        { type: 'evaluate', round },
      ],
    };
  }
  const reason = `${state.trained.length} of ${state.cohort.length} clients answered, at least ${minimumClients} must`;
  return {
    state: evaluating,
    commands: [
      { type: 'fail-round', round, reason },
      { type: 'evaluate', round },
    ],
  };
}

function afterRound(plan: RunPlan, state: RunState): Transition {
  const reason = state.progress && stopReason(plan.stop, state.progress);
  if (reason) return finished(state, reason);
  const round = state.round + 1;
  const cohort = selectCohort(plan.strategy.cohort, plan.population, plan.seed, round);
  return {
    state: { ...state, phase: 'training', round, cohort, waiting: cohort, trained: [], failed: [] },
    commands: [{ type: 'assign', round, cohort, work: plan.strategy.work(round) }],
  };
}

function finished(state: RunState, reason: StopReason): Transition {
  return { state: { ...state, phase: 'finished' }, commands: [{ type: 'finish', reason }] };
}

function unchanged(state: RunState): Transition {
  return { state, commands: [] };
}
