/** What an open run of a server stands on, and how it ends. */
import type { Layout } from '../params/layout.js';
import type { TaskDefinition } from '../protocol/messages.js';
import type { StopReason } from '../round/run-events.js';
import type { RunPlan } from '../round/run-plan.js';
import type { RunState } from '../round/run-state.js';
import type { Candidate } from '../strategy/selection.js';
import type { ServerState } from '../strategy/strategy.js';
import type { ClientActivity } from './client-activity.js';
import type { EvaluationRounds } from './evaluation-rounds.js';
import type { RoundRecorder } from './round-recorder.js';

/** What a host stands on. */
export interface RoundHostContext {
  readonly plan: RunPlan;
  readonly definition: TaskDefinition;
  readonly layout: Layout;
  /** The global model; moved in place. */
  readonly global: Float32Array;
  /** What the strategy keeps between rounds; moved in place. */
  readonly serverState: ServerState;
  readonly recorder: RoundRecorder;
  readonly evaluations: EvaluationRounds;
  readonly activity: ClientActivity;
  /** Fold in ascending order of clients: the same bytes whatever comes first. */
  readonly deterministic: boolean;
  /** Bound on the L2 norm of an update; absent: none. */
  readonly maxUpdateNorm?: number | undefined;
  /** Clients that could take part now. */
  candidates(): readonly Candidate[];
  /** These clients work for this run from now on: they are to be woken. */
  engage(clients: readonly number[]): void;
  /** They are free again. */
  release(clients: readonly number[]): void;
  /** Milliseconds of any origin. */
  now(): number;
}

/** How a run ended. */
export interface HostResult {
  readonly reason: StopReason;
  readonly state: RunState;
}
