/** Pace steering: when clients without a wake-up channel come back, so that they do not come all at once. */

/** How many check-ins a second the server asks for, however large the population (Bonawitz et al. 2019). */
const CHECK_INS_PER_SECOND = 200;
const MIN_MS = 1_000;
const MAX_MS = 5 * 60_000;

/** With an open channel a check-in only shows that the client is still willing. */
const WITH_CHANNEL_MS = 2 * 60_000;

/**
 * Milliseconds until a client should check in again.
 *
 * @param population clients that are there
 * @param random uniform on [0, 1): spreads them by a quarter
 */
export function retryAfterFor(population: number, hasChannel: boolean, random: number): number {
  const fair = (population / CHECK_INS_PER_SECOND) * 1000;
  const base = hasChannel ? Math.max(WITH_CHANNEL_MS, fair) : Math.min(MAX_MS, Math.max(MIN_MS, fair));
  return Math.round(base * (0.75 + random / 2));
}
