/** How often a client may take part: limits over a sliding window, as pure functions of when clients took part. */
import { ConfigError } from '../errors.js';

/** Limits for each client; what is left out does not limit. */
export interface ParticipationLimits {
  /** At most so many rounds, 1 or more, in any `windowMs`; both or neither. */
  readonly maxRounds?: number;
  readonly windowMs?: number;
  /** Milliseconds at least from one participation to the next. */
  readonly minIntervalMs?: number;
}

/** When clients took part, in milliseconds and ascending, by client id. Plain data; only what limits still need. */
export type ParticipationHistory = Readonly<Record<string, readonly number[]>>;

/**
 * Refuses limits that cannot be meant.
 *
 * @throws {ConfigError} naming the limit.
 */
export function checkParticipationLimits({ maxRounds, windowMs, minIntervalMs }: ParticipationLimits): void {
  if ((maxRounds === undefined) !== (windowMs === undefined)) {
    throw new ConfigError('maxRounds and windowMs must be given together, got one of them');
  }
  if (maxRounds !== undefined && !(Number.isSafeInteger(maxRounds) && maxRounds > 0)) {
    throw new ConfigError(`maxRounds must be a positive integer, got ${maxRounds}`);
  }
  for (const [name, value] of Object.entries({ windowMs, minIntervalMs })) {
    if (value !== undefined && !(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new ConfigError(`${name} must be a positive number of milliseconds, got ${value}`);
    }
  }
}

/** Milliseconds until a client may take part; 0: now. A clock that was set back makes it longer, never shorter. */
export function waitToTakePart(
  history: ParticipationHistory,
  clientId: number,
  now: number,
  limits: ParticipationLimits,
): number {
  const { maxRounds = Number.POSITIVE_INFINITY, windowMs = 0, minIntervalMs = 0 } = limits;
  const times = timesOf(history, clientId);
  const last = times.at(-1);
  if (last === undefined) return 0;
  // The one that must have left the window for one more to fit.
  const oldest = times[times.length - maxRounds];
  const free = oldest === undefined ? 0 : oldest + windowMs - now;
  return Math.max(0, last + minIntervalMs - now, free);
}

/** Whether a client may take part now. */
export function mayTakePart(
  history: ParticipationHistory,
  clientId: number,
  now: number,
  limits: ParticipationLimits,
): boolean {
  return waitToTakePart(history, clientId, now, limits) === 0;
}

/**
 * The history after these clients have taken part at `now`, without what limits do not look at any more: of each
 * client at most `maxRounds` times, none older than the window. One call a round, since all of it is gone through.
 */
export function noteParticipation(
  history: ParticipationHistory,
  clientIds: readonly number[],
  now: number,
  limits: ParticipationLimits,
): ParticipationHistory {
  // Without `maxRounds` only the last time counts.
  const { maxRounds = 1, windowMs = 0, minIntervalMs = 0 } = limits;
  const since = now - Math.max(windowMs, minIntervalMs);
  const next: Record<string, readonly number[]> = {};
  const keep = (id: string, times: readonly number[]) => {
    const kept = times.filter((time) => time > since).slice(-maxRounds);
    if (kept.length > 0) next[id] = kept;
  };
  for (const [id, times] of Object.entries(history)) keep(id, times);
  for (const id of new Set(clientIds)) {
    keep(
      String(id),
      [...timesOf(history, id), now].sort((one, other) => one - other),
    );
  }
  return next;
}

function timesOf(history: ParticipationHistory, clientId: number): readonly number[] {
  return Object.hasOwn(history, clientId) ? (history[clientId] ?? []) : [];
}
