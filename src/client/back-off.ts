/** When to try again: exponential back-off with jitter, or when the server says. */
import type { HeaderFields } from '../protocol/http.js';

export interface BackOff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

export const defaultBackOff: BackOff = { initialMs: 200, maxMs: 60_000, factor: 2 };

/**
 * How long to wait before another attempt: at random between half a bound that grows and the bound, so that many clients that lost their
 * server at once do not come back at once.
 *
 * @param failures how many attempts have failed, at least 1
 * @param random uniform on [0, 1)
 */
export function backOffMs({ initialMs, maxMs, factor }: BackOff, failures: number, random: number): number {
  const bound = Math.min(maxMs, initialMs * factor ** (failures - 1));
  return bound / 2 + (random * bound) / 2;
}

/** What `retry-after` says, in milliseconds, at most an hour; null where it says nothing. Dates are not read. */
export function retryAfterMs(headers: HeaderFields): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (!(seconds >= 0)) return null;
  return Math.min(seconds, 3600) * 1000;
}
