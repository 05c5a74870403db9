/** What page and Worker may ask of each other, and tell. */
import type { AskedWith, Decision } from '../client/approval.js';
import type { ClientEvent } from '../client/client-events.js';
import type { Suggestions } from '../client/suggest.js';
import type { Offer, TaskDefinition } from '../protocol/messages.js';
import type { DeviceFacts } from './device-facts.js';
import type { BrowserExamples } from './examples.js';
import type { ParticipantState } from './participant-state.js';
import type { Contribution, RequestRecord } from './records.js';
import type { WorkerSettings } from './settings.js';

/** How to leave. */
export interface LeaveOptions {
  /** Delete what is here although the server could not be told; default false. */
  readonly evenIfUnreachable?: boolean;
  /** How long the server is tried to be told, in milliseconds; default 15,000. */
  readonly timeoutMs?: number;
  /** Leave the examples of a store where they are; default false. */
  readonly keepExamples?: boolean;
}

/** What a model makes of one example. */
export interface Prediction {
  /** The round that the model is of. */
  readonly round: number;
  /** What the model gives: of a classification one number a class, of a regression one. */
  readonly outputs: Float32Array;
  /** Of a classification: how likely each class is, adding up to 1; else empty. */
  readonly probabilities: Float32Array;
}

/** What the Worker does for the page. */
export interface WorkerSide extends HostSide {
  /** Comes first: makes the others. */
  open(settings: WorkerSettings, facts: DeviceFacts): void;
}

/** What a participant does once it knows its settings. */
export interface HostSide {
  start(): Promise<void>;
  pause(): Promise<void>;
  stop(): Promise<void>;
  leave(options: LeaveOptions): Promise<void>;
  offers(): Promise<readonly Offer[]>;
  predict(runId: string, features: Float32Array): Promise<Prediction>;
  suggest(runId: string, text: string): Promise<Suggestions>;
  history(): Promise<readonly Contribution[]>;
  requests(): Promise<readonly RequestRecord[]>;
  /** What the page sees of the device has changed. */
  facts(facts: DeviceFacts): void;
  /** The network is back. */
  online(): void;
}

/** What the page does for the Worker. */
export interface PageSide {
  state(state: ParticipantState): void;
  event(event: ClientEvent): void;
  examples(): Promise<BrowserExamples>;
  approve(definition: TaskDefinition, hash: string, asked: AskedWith): Promise<Decision>;
}
