/** From the settings of a run on a server to the plan that the round's state machine follows, and who may take part. */
import type { Task } from '../data/dataset.js';
import { checkPlan, type RunPlan } from '../round/run-plan.js';
import type { ParticipationLimits } from '../strategy/participation.js';
import type { Selection } from '../strategy/selection.js';
import { stopRulesOf, strategyOf } from './plan.js';
import type { ServedRun } from './served-options.js';

/**
 * The plan of a run whose clients come and go.
 *
 * @throws {ConfigError} when settings do not fit each other or the task.
 */
export function planServed(run: ServedRun, task: Task): RunPlan {
  const { seed, overSelection, poolSize, selectionMs, deadlineMs, retry } = run;
  const plan: RunPlan = {
    strategy: strategyOf(run),
    stop: stopRulesOf(run, task),
    seed,
    selection: selectionOf(run),
    overSelection,
    selectionMs,
    deadlineMs,
    retry,
    ...(poolSize === undefined ? {} : { poolSize }),
  };
  checkPlan(plan);
  return plan;
}

/** How often each client may take part. */
export function participationLimitsOf(run: ServedRun): ParticipationLimits {
  const { maxRoundsPerWindow: maxRounds, windowMs, minIntervalMs } = run;
  return {
    ...(maxRounds === undefined ? {} : { maxRounds }),
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(minIntervalMs === undefined ? {} : { minIntervalMs }),
  };
}

function selectionOf({
  selection,
  where,
  balance,
  cohort,
  candidateCount = 2 * cohort,
}: ServedRun): Selection {
  if (selection === 'power-of-choice') return { type: selection, candidateCount };
  if (selection !== 'attribute') return { type: selection };
  return {
    type: selection,
    ...(where === undefined ? {} : { where }),
    ...(balance === undefined ? {} : { balance }),
  };
}
