/** When a run ends: pure rules over what its rounds have brought so far. */
import { ConfigError } from '../errors.js';
import type { Metrics, StopReason } from './run-events.js';

/** Metrics by which a run can be judged; accuracy is better high, the others low. */
export type MetricName = 'accuracy' | 'loss' | 'meanAbsoluteError';

/** What the rules look at. Plain data. */
export interface Progress {
  readonly round: number;
  readonly metrics: Metrics;
  /** The round with the best value of the judged metric, and that value. */
  readonly bestRound: number;
  readonly bestValue: number;
  /** Rounds since the judged metric last got better by the plateau's minimum change. */
  readonly roundsWithoutChange: number;
  /** The value that such a change is measured from. */
  readonly plateauValue: number;
  readonly elapsedMs: number;
}

/** The rules of one run; the first that holds ends it, `rounds` always does in the end. */
export interface StopRules {
  /** The last round. 0 evaluates the initial model and ends. */
  readonly rounds: number;
  /** Ends when a metric of the global model reaches a value. */
  readonly target?: { readonly metric: MetricName; readonly value: number };
  /** Ends when the judged metric has not got better by more than `minChange` in `patience` rounds. */
  readonly plateau?: { readonly patience: number; readonly minChange: number };
  /** Ends with the first round that finishes after this time. */
  readonly wallMs?: number;
  /** Ends when it returns true. Must be a pure function of the progress for a resumed run to be the same. */
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

/** The progress after one more round (or the first, round 0). */
export function noteRound(
  rules: StopRules,
  before: Progress | null,
  round: number,
  metrics: Metrics,
  elapsedMs: number,
): Progress {
  const score = scoreOf(metrics, rules.metric);
  const value = metrics[rules.metric] as number;
  const better = !before || score > signed(before.bestValue, rules.metric);
  const changed =
    !before || score > signed(before.plateauValue, rules.metric) + (rules.plateau?.minChange ?? 0);
  return {
    round,
    metrics,
    bestRound: better ? round : before.bestRound,
    bestValue: better ? value : before.bestValue,
    roundsWithoutChange: changed ? 0 : before.roundsWithoutChange + 1,
    plateauValue: changed ? value : before.plateauValue,
    elapsedMs,
  };
}

/** Why the run ends after this round, or null when it goes on. */
export function stopReason(rules: StopRules, progress: Progress): StopReason | null {
  const { target, plateau } = rules;
  if (target && scoreOf(progress.metrics, target.metric) >= signed(target.value, target.metric))
    return 'target';
  if (plateau && progress.roundsWithoutChange >= plateau.patience) return 'plateau';
  if (rules.when?.(progress)) return 'user';
  if (progress.round >= rules.rounds) return 'rounds';
  if (rules.wallMs !== undefined && progress.elapsedMs >= rules.wallMs) return 'wall-time';
  return null;
}

/** Higher is better; a value that is no number (a model that diverged) is worse than all others. */
function signed(value: number, metric: MetricName): number {
  if (!Number.isFinite(value)) return Number.NEGATIVE_INFINITY;
  return metric === 'accuracy' ? value : -value;
}
