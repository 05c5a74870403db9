/** What a federated algorithm is: a frozen value of pure functions that fill the slots of a round. */
import type { LocalWork } from '../learn/trainer.js';
import type { CohortRule } from './cohort.js';

/** One federated algorithm, with its settings. */
export interface Strategy {
  readonly name: string;
  readonly cohort: CohortRule;
  /** A round with fewer results than this fails. At least 1. */
  readonly minimumClients: number;
  /** Whether a client reports its trained parameters, or their difference from the global ones. */
  readonly reports: 'params' | 'update';
  /** What each client is asked to do in `round`, from 1. */
  work(round: number): LocalWork;
  /** What the server keeps from round to round beside the model, by name; empty: nothing. */
  readonly serverState: readonly string[];
  /**
   * The server's step of `round`, from 1: writes the next global parameters into `global`, given the clients' weighted mean, and moves
   * `state` on, which has an array for each name of `serverState`, zeros before the first round. All have the model's
   * layout; none is kept.
   */
  apply(global: Float32Array, mean: Float32Array, state: ServerState, round: number): void;
}

/** Of a strategy's `serverState`: for each name an array of the model's layout. */
export type ServerState = Readonly<Record<string, Float32Array>>;
