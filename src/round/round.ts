/**
 * The round as a state machine: `(state, event) -> (state, commands)`, no I/O. The simulation, the server and a
 * test differ only in who delivers events and who carries out commands. Phases, with the event that leads on and, in
 * brackets, the commands that it brings:
 *
 *     created ── started [evaluate 0] ──> evaluating
 *
 *     evaluating ── evaluated ──┬──> finished   a stopping rule holds [finish]
 *                               ├──> paused     a pause was asked for
 *                               ├──> delayed    the round has failed, and the plan has a back-off [delay]
 *                               └──> (next)
 *     delayed ──── delay-passed ─────> (next)
 *     paused ───── resume-requested ─> (next)
 *
 *     (next): the round after ──┬──> training   the population is known [assign]
 *                               └──> selecting  it comes and goes [select]
 *     selecting ── candidates ──┬──> training   enough are there [assign]
 *                               └──> selecting  not yet
 *
 *     training ──┬── update-arrived [fold] ──┐  while clients are awaited and the goal is not reached:
 *                ├── client-failed ──────────┤  training
 *                └── deadline-passed ────────┴─> evaluating [dismiss those still awaited, if the goal was reached;
 *                                                aggregate, or fail-round with less than the minimum; evaluate]
 *
 *     any phase ── stop-requested ──> finished [finish]
 *     selecting, delayed ── pause-requested ──> paused; in other phases it is kept until the open round has ended
 *
 * Events that do not belong to the state (late, twice, of another round or client) change nothing; an update among
 * them is answered with `discard`. Phases of rounds in the wild (selection with a goal, a timeout and a minimum,
 * reporting with a deadline) follow Bonawitz et al. 2019, arXiv 1902.01046, section 2.2.
 */
import { afterRound, assign, candidatesCame, finished, nextRound, openRound } from './next-round.js';
import type { RoundStarted } from './run-events.js';
import type { RunPlan } from './run-plan.js';
import { createdRun, type RunInput, type RunState, type Transition } from './run-state.js';
import { noteRound, type RunProgress } from './stopping.js';

/** What a run brings along, beside its progress, when it goes on after its host has been away. */
export interface Restored {
  /** The round that was open: it goes on with the cohort that it had, everybody awaited again. */
  readonly open?: Pick<RoundStarted, 'round' | 'cohort' | 'goal'>;
  /** Failed rounds in a row, up to the last finished one [0]. */
  readonly failures?: number;
  /** Whether it was paused, or about to be [false]. */
  readonly paused?: boolean;
}

/** A run that continues after its last finished round, whose progress is handed in. */
export function restoredRun(plan: RunPlan, progress: RunProgress, restored: Restored = {}): Transition {
  const { open, failures = 0, paused = false } = restored;
  const state: RunState = { ...createdRun, round: progress.round, progress, failures, pausing: paused };
  const next = afterRound(plan, state);
  if (!open || open.round !== progress.round + 1 || next.state.phase === 'finished') return next;
  return assign(plan, { ...state, round: open.round }, open.cohort, open.goal);
}

/** Takes one event. Events that do not belong to the state (late, twice) change nothing. */
export function advance(plan: RunPlan, state: RunState, event: RunInput): Transition {
  if (state.phase === 'finished') return unchanged(state);
  switch (event.type) {
    case 'started':
      if (state.phase !== 'created') return unchanged(state);
      return { state: { ...state, phase: 'evaluating' }, commands: [{ type: 'evaluate', round: 0 }] };
    case 'delay-passed':
      return isIn('delayed', state, event) ? openRound(plan, state) : unchanged(state);
    case 'candidates':
      return isIn('selecting', state, event) ? candidatesCame(plan, state, event) : unchanged(state);
    case 'update-arrived':
      return updateArrived(plan, state, event);
    case 'client-failed':
      return isAwaited(state, event)
        ? settle(plan, answered(state, event.clientId, 'failed'))
        : unchanged(state);
    case 'deadline-passed':
      if (!isIn('training', state, event)) return unchanged(state);
      return settle(plan, { ...state, waiting: [], failed: [...state.failed, ...state.waiting] });
    case 'evaluated': {
      if (!isIn('evaluating', state, event)) return unchanged(state);
      const progress = noteRound(plan.stop, state.progress, event.round, event.metrics, event.elapsedMs);
      return afterRound(plan, { ...state, progress });
    }
    case 'pause-requested':
      return pause(state);
    case 'resume-requested': {
      const resumed = { ...state, pausing: false };
      return state.phase === 'paused' ? nextRound(plan, resumed, 0) : unchanged(resumed);
    }
    case 'stop-requested':
      return finished(state, 'interrupted');
    default:
      return event satisfies never;
  }
}

function isIn(phase: RunState['phase'], state: RunState, { round }: { readonly round: number }): boolean {
  return state.phase === phase && state.round === round;
}

function isAwaited(state: RunState, event: { readonly round: number; readonly clientId: number }): boolean {
  return isIn('training', state, event) && state.waiting.includes(event.clientId);
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

function answered(state: RunState, clientId: number, outcome: 'trained' | 'failed'): RunState {
  const waiting = state.waiting.filter((waitingId) => waitingId !== clientId);
  return { ...state, waiting, [outcome]: [...state[outcome], clientId] };
}

/** Closes the round once everybody has answered, or as many as it is after. */
function settle({ strategy: { minimumClients } }: RunPlan, state: RunState): Transition {
  const { round, cohort, goal, waiting: surplus, trained, failures } = state;
  if (surplus.length > 0 && trained.length < goal) return unchanged(state);
  const succeeded = trained.length >= minimumClients;
  const reason = `${trained.length} of ${cohort.length} clients answered, at least ${minimumClients} must`;
  return {
    state: { ...state, phase: 'evaluating', waiting: [], surplus, failures: succeeded ? 0 : failures + 1 },
    commands: [
      ...(surplus.length > 0 ? [{ type: 'dismiss' as const, round, clientIds: surplus }] : []),
      succeeded ? { type: 'aggregate', round } : { type: 'fail-round', round, reason },
      { type: 'evaluate', round },
    ],
  };
}

/** While a round is open it goes on; one that has no cohort yet is not begun. */
function pause(state: RunState): Transition {
  const open = state.phase !== 'selecting' && state.phase !== 'delayed';
  if (open) return unchanged({ ...state, pausing: true });
  return unchanged({ ...state, phase: 'paused', round: state.round - 1, pausing: true });
}

function unchanged(state: RunState): Transition {
  return { state, commands: [] };
}
