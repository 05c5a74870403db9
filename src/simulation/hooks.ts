/** How a program follows a simulation, and what it is handed in the end. */
import type { Params } from '../params/layout.js';
import type { Metrics, RunEvent, RunFinished } from '../round/run-events.js';
import type { RunState } from '../round/run-state.js';

/** Hears what is not in the log, as it happens. */
export interface SimulationWatcher {
  /** A cohort has been selected. */
  roundBegan(round: number, cohort: readonly number[]): void;
  /** A client of the round trains on a thread now, or has ended well or not. */
  clientDoes(clientId: number, what: 'training' | 'done' | 'failed'): void;
  /** How the run stands, whenever it stands differently. */
  stateChanged(state: RunState): void;
}

/** How to follow and stop a simulation. */
export interface SimulationHooks {
  /** Gets every event as it is logged. */
  readonly onEvent?: (event: RunEvent) => void;
  readonly watcher?: SimulationWatcher;
  /** Gets sentences about what is unusual: a download, a slower engine. */
  readonly onNotice?: (notice: string) => void;
  /** Ends the run after the event under way; it can be resumed. */
  readonly signal?: AbortSignal;
}

/** What a simulation leaves behind. */
export interface SimulationResult {
  readonly finished: RunFinished & { readonly metrics: Metrics };
  /** The final global model. */
  readonly params: Params;
  /** What stayed with the clients, each parameter as [clients, ...shape]; absent where nothing did, and where the run was interrupted. */
  readonly local?: Params;
  /** The run directory, and the report in it. */
  readonly directory: string;
  readonly report: string;
}
