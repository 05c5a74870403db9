/** How a round begins: after the one before, after a back-off, with the clients that are there. */
import { selectCohort } from '../strategy/cohort.js';
import { selectClients } from '../strategy/select-clients.js';
import { eligibleCandidates } from '../strategy/selection.js';
import type { StopReason } from './run-events.js';
import { type RunPlan, retryDelayMs, roundSizeOf, selectionOf } from './run-plan.js';
import type { RunInput, RunState, Transition } from './run-state.js';
import { stopReason } from './stopping.js';

/** What comes after a round that has been evaluated: the end, a pause, or the next round. */
export function afterRound(plan: RunPlan, state: RunState): Transition {
  const reason = state.progress && stopReason(plan.stop, state.progress);
  if (reason) return finished(state, reason);
  if (state.pausing) return { state: { ...state, phase: 'paused' }, commands: [] };
  return nextRound(plan, state, retryDelayMs(plan.retry, state.failures));
}

/** The round after the state's, once `delayMs` have passed. */
export function nextRound(plan: RunPlan, state: RunState, delayMs: number): Transition {
  const round = state.round + 1;
  const none = { cohort: [], goal: 0, waiting: [], trained: [], failed: [], surplus: [] };
  if (delayMs > 0) {
    const delayed: RunState = { ...state, ...none, phase: 'delayed', round };
    return { state: delayed, commands: [{ type: 'delay', round, delayMs }] };
  }
  return openRound(plan, { ...state, ...none, round });
}

/** Begins the state's round: with a cohort where the population is known, else by asking who is available. */
export function openRound(plan: RunPlan, state: RunState): Transition {
  const { population, seed } = plan;
  const { round } = state;
  const { goal, asked, wanted, minimum } = roundSizeOf(plan);
  if (!population) {
    const selecting: RunState = { ...state, phase: 'selecting' };
    return { state: selecting, commands: [{ type: 'select', round, goal, wanted, minimum }] };
  }
  return assign(plan, state, selectCohort({ cohortSize: asked }, population, seed, round), goal);
}

/** Draws the cohort once enough clients are available, or enough time has passed with at least the minimum. */
export function candidatesCame(
  plan: RunPlan,
  state: RunState,
  { candidates, waitedMs }: RunInput & { readonly type: 'candidates' },
): Transition {
  const { selectionMs = Number.POSITIVE_INFINITY, seed } = plan;
  const { goal, asked, wanted, minimum } = roundSizeOf(plan);
  const selection = selectionOf(plan);
  const available = eligibleCandidates(selection, candidates).length;
  const enough = available >= wanted || (available >= minimum && waitedMs >= selectionMs);
  if (!enough) return { state, commands: [] };
  const cohort = selectClients(selection, candidates, asked, seed, state.round);
  return assign(plan, state, cohort, Math.min(goal, cohort.length));
}

/** The round with this cohort, nobody of which has answered. */
export function assign(plan: RunPlan, state: RunState, cohort: readonly number[], goal: number): Transition {
  const { round } = state;
  const { strategy, deadlineMs } = plan;
  const work = strategy.work(round);
  return {
    state: {
      ...state,
      phase: 'training',
      ...{ cohort, goal, waiting: cohort, trained: [], failed: [], surplus: [] },
    },
    commands: [{ type: 'assign', round, cohort, work, ...(deadlineMs === undefined ? {} : { deadlineMs }) }],
  };
}

export function finished(state: RunState, reason: StopReason): Transition {
  return { state: { ...state, phase: 'finished' }, commands: [{ type: 'finish', reason }] };
}
