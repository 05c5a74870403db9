/** Whether the time at which a request says that it was made can be believed, and the sentences for when not. */
import { Refusal } from '../protocol/problem.js';

/** All in milliseconds, times since 1970 by the server's clock. */
export interface TimeLimits {
  readonly now: number;
  readonly startedAt: number;
  /** Nothing is remembered of requests made before. */
  readonly floorMs: number;
  readonly maxSkewMs: number;
  readonly maxAheadMs: number;
}

/**
 * Checks when a request was made.
 *
 * @param createdMs whole seconds by the client's clock, of twelve digits at most; so it is up to a second less than
 *   the client's time was
 * @throws {Refusal} 'clock-skew' with `serverTime`, by which a client can set its clock right.
 */
export function checkTime(createdMs: number, limits: TimeLimits): void {
  const { now, maxSkewMs, maxAheadMs, floorMs, startedAt } = limits;
  const ahead = createdMs - now;
  if (ahead > maxAheadMs || -ahead > maxSkewMs) {
    const [limit, direction] = ahead > 0 ? [maxAheadMs, 'ahead'] : [maxSkewMs, 'behind'];
    throw skew(
      now,
      `the request was made at ${text(createdMs)} by the client's clock, at the server it is ${text(now)}: ` +
        `${seconds(Math.abs(ahead))} ${direction}, at most ${seconds(limit)} are allowed`,
    );
  }
  if (createdMs >= floorMs) return;
  // The next whole second, since clients count no fractions.
  const openMs = Math.ceil(floorMs / 1000) * 1000;
  const reason =
    floorMs > startedAt + maxAheadMs + 1
      ? "the server's clock has been set back"
      : `the server started at ${text(startedAt)}`;
  throw skew(
    now,
    `the request was made at ${text(createdMs)}, but ${reason} and cannot tell requests made before ` +
      `${text(openMs)} from replays: send it again with a new time`,
    { 'retry-after': String(Math.max(1, Math.ceil((openMs - now) / 1000))) },
  );
}

function skew(now: number, detail: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return new Refusal('clock-skew', detail, { extensions: { serverTime: now }, headers });
}

function text(ms: number): string {
  return new Date(ms).toISOString();
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
