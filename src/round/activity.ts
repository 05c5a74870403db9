/** What each client of a round is doing: for people who look on, never written down. */

/**
 * What a client is doing, as far as its server knows:
 *
 * - `selected`: it is of the cohort, and has not fetched its task;
 * - `downloading`: the model is on its way to it. A server knows that only of clients that sign the fetch;
 * - `training`: it has its task, and nothing else is known of it;
 * - `uploading`: its update is on its way;
 * - `done`: its update counts; `late`: it had not answered when the round was over; `failed`: it will not answer.
 */
export type ActivityPhase =
  | 'selected'
  | 'downloading'
  | 'training'
  | 'uploading'
  | 'done'
  | 'late'
  | 'failed';

/** A client has come into a phase. */
export interface Activity {
  readonly round: number;
  readonly clientId: number;
  readonly phase: ActivityPhase;
  /** Milliseconds since 1970. */
  readonly at: number;
}
