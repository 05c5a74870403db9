/** When a run ends: pure rules over what its rounds have brought so far. */
import { ConfigError } from '../errors.js';
import type { Metrics, StopReason } from './run-events.js';

/** Metrics by which a run can be judged; accuracy and recall are better high, the others low. */
export type MetricName = 'accuracy' | 'top3Recall' | 'perplexity' | 'loss' | 'meanAbsoluteError';

/** What the rules look at, once a round has been evaluated. Plain data. */
export interface Progress {
  readonly round: number;
  /** The last round that was evaluated, and its metrics. */
  readonly evaluatedRound: number;
  readonly metrics: Metrics;
  /** The evaluated round with the best value of the judged metric, and that value. */
  readonly bestRound: number;
  readonly bestValue: number;
  /** Rounds since the judged metric last got better by the plateau's minimum change. */
  readonly roundsWithoutChange: number;
  /** The value that such a change is measured from. */
  readonly plateauValue: number;
  readonly elapsedMs: number;
  /** The time was up before this round, which was not evaluated all the same. */
  readonly overdue?: true;
}

/** The progress of a run of which no round has been evaluated: the best round is the last. */
interface UnevaluatedProgress {
  readonly round: number;
  readonly bestRound: number;
  readonly elapsedMs: number;
  readonly evaluatedRound?: undefined;
  readonly metrics?: undefined;
}

/** Where a run stands after a round. */
export type RunProgress = Progress | UnevaluatedProgress;

/** The rules of one run; the first that holds ends it, `rounds` always does in the end. */
export interface StopRules {
  /** The last round. 0 evaluates the initial model and ends. */
  readonly rounds: number;
  /** Rounds from one evaluation to the next; default 1. */
  readonly evaluateEvery?: number;
  /** Ends when a metric of the global model reaches a value. */
  readonly target?: { readonly metric: MetricName; readonly value: number };
  /** Ends when the judged metric has not got better by more than `minChange` in `patience` rounds. */
  readonly plateau?: { readonly patience: number; readonly minChange: number };
  /**
   * Ends with the first round that finishes after this time, or the one after it where that was not evaluated but
   * another has been.
   */
  readonly wallMs?: number;
  /** Asked after each evaluated round, ends the run when it returns true. Must be a pure function of the progress for a resumed run to be the same. */
  readonly when?: (progress: Progress) => boolean;
  /** The metric by which best and plateau are judged. */
  readonly metric: MetricName;
}

/**
 * The value of a metric, so that higher is better.
 *
 * @throws {ConfigError} when the model has no such metric.
 */
function scoreOf(metrics: Metrics, metric: MetricName): number {
  const value = metrics[metric];
  if (value === undefined)
    throw new ConfigError(`target metric must be one that the model has, got "${metric}"`);
  return signed(value, metric);
}

/**
 * Whether a round is to be evaluated: the first, the last, each `evaluateEvery`th, and all once the time is up,
 * since a run ends with an evaluated round.
 *
 * @param elapsedMs since the run began
 */
export function isEvaluated(
  { rounds, evaluateEvery = 1, wallMs }: StopRules,
  round: number,
  elapsedMs: number,
): boolean {
  return round % evaluateEvery === 0 || round >= rounds || (wallMs !== undefined && elapsedMs >= wallMs);
}

/**
 * The progress after one more round (or the first, round 0).
 *
 * @param metrics null where the round was not evaluated
 */
export function noteRound(
  rules: StopRules,
  known: RunProgress | null,
  round: number,
  metrics: Metrics | null,
  elapsedMs: number,
): RunProgress {
  const before = known?.metrics ? known : null;
  if (!metrics) {
    if (!before) return { round, bestRound: round, elapsedMs };
    const overdue = rules.wallMs !== undefined && before.elapsedMs >= rules.wallMs;
    return { ...before, round, elapsedMs, ...(overdue ? { overdue } : {}) };
  }
  const score = scoreOf(metrics, rules.metric);
  const value = metrics[rules.metric] as number;
  const better = !before || score > signed(before.bestValue, rules.metric);
  const changed =
    !before || score > signed(before.plateauValue, rules.metric) + (rules.plateau?.minChange ?? 0);
  return {
    round,
    evaluatedRound: round,
    metrics,
    bestRound: better ? round : before.bestRound,
    bestValue: better ? value : before.bestValue,
    roundsWithoutChange: changed ? 0 : before.roundsWithoutChange + round - before.evaluatedRound,
    plateauValue: changed ? value : before.plateauValue,
    elapsedMs,
  };
}

/**
 * Why the run ends after this round, or null when it goes on. Where the round was not evaluated, only the number of
 * rounds ends it, and the time if no round has been evaluated or this one should have been.
 */
export function stopReason(rules: StopRules, progress: RunProgress): StopReason | null {
  const { rounds, target, plateau, wallMs = Number.POSITIVE_INFINITY } = rules;
  if (progress.evaluatedRound !== progress.round) {
    if (progress.round >= rounds) return 'rounds';
    const due = progress.metrics ? progress.overdue : progress.elapsedMs >= wallMs;
    return due ? 'wall-time' : null;
  }
  if (target && scoreOf(progress.metrics, target.metric) >= signed(target.value, target.metric))
    return 'target';
  if (plateau && progress.roundsWithoutChange >= plateau.patience) return 'plateau';
  if (rules.when?.(progress)) return 'user';
  if (progress.round >= rounds) return 'rounds';
  if (progress.elapsedMs >= wallMs) return 'wall-time';
  return null;
}

/** Higher is better; a value that is no number (a model that diverged) is worse than all others. */
function signed(value: number, metric: MetricName): number {
  if (!Number.isFinite(value)) return Number.NEGATIVE_INFINITY;
  return metric === 'accuracy' || metric === 'top3Recall' ? value : -value;
}
