/** What the control API says in JSON; `docs/serve.md` has it in words. */
import type { RunEvent, StopReason } from '../round/run-events.js';
import type { RunState } from '../round/run-state.js';
import type { ClientStatus } from './client-record.js';
import type { EnrolmentPolicy } from './enrol.js';
import type { Identity } from './operators.js';
import type { RunStatus } from './served-run.js';

/** `GET /v1/control` */
export interface ServerOverview {
  /** `view`: it only shows a folder of runs (`tessera simulate --ui`, `tessera ui`): no clients, nothing to start. */
  readonly type: 'server' | 'view';
  readonly operator: Identity;
  readonly software: string;
  readonly protocol: string;
  /** Null where it only shows runs. */
  readonly enrolment: EnrolmentPolicy | null;
  readonly clients: Readonly<Record<ClientStatus, number>>;
  /** Clients that have checked in and not been found gone, and open wake-up channels. */
  readonly present: number;
  readonly openChannels: number;
  readonly openRuns: readonly string[];
  /** Names that a run can be started with as `model` and `data`; both may also be files of the server. */
  readonly models: readonly string[];
  readonly datasets: readonly string[];
}

/** A run in a few values. */
export interface RunOverview {
  readonly runId: string;
  /** `interrupted`: nobody runs it now, and it can go on. `damaged`: its folder cannot be read. */
  readonly status: RunStatus | 'interrupted' | 'damaged';
  /** Whether it is simulated or served. */
  readonly type: 'served' | 'simulated';
  readonly model: string;
  /** The last finished round. */
  readonly round: number;
  readonly rounds: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
  /** Why it ended; null where it has not. */
  readonly reason: StopReason | null;
  /** One sentence; null where it has not failed. */
  readonly failure: string | null;
  readonly population: string | null;
}

/** The open round, as numbers of clients. */
export interface OpenRound extends Pick<RunState, 'phase' | 'round' | 'goal' | 'failures'> {
  readonly cohort: number;
  readonly waiting: number;
  readonly trained: number;
  readonly failed: number;
}

/** `event: state` of the stream of events of a run. */
export interface OpenRoundState extends OpenRound {
  /** Clients that could be asked now. */
  readonly available: number;
}

/** `GET /v1/control/runs/:run` */
export interface RunDetails extends RunOverview {
  /** Absent where the run is not open. */
  readonly open?: OpenRoundState;
  readonly config: Readonly<Record<string, unknown>>;
  readonly eventCount: number;
  /** The last ones. */
  readonly events: readonly RunEvent[];
  /** Rounds whose model can be fetched. */
  readonly models: readonly number[];
}

/** What a run's log says of one of its clients. */
export interface RunClient {
  readonly clientId: number;
  /** Empty where it has none. */
  readonly name: string;
  /** Its training examples; null where only the client knows (on a server). */
  readonly trainCount: number | null;
  /** Rounds in which its update counted, and in which it failed. */
  readonly rounds: number;
  readonly failures: number;
  /** What it trained on in all rounds together. */
  readonly exampleCount: number;
  /** Its mean training loss over rounds, by examples, and that of its last round; null where there is no number. */
  readonly meanLoss: number | null;
  readonly lastLoss: number | null;
  readonly meanTrainMs: number | null;
  /** The last round in which it trained or failed; null where it never did. */
  readonly lastRound: number | null;
}

/** A client as operators see it. */
export interface ClientView {
  readonly index: number;
  readonly clientId: string;
  readonly name: string;
  readonly population: string;
  readonly status: ClientStatus;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** Whether it waits on the wake-up channel, and the run that it works for. */
  readonly present: boolean;
  readonly busyWith: string | null;
}

/** A part of a list; `next` is the `after` (or `before`) of the next part, null at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: number | null;
}
