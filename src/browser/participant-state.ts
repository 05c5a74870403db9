/** What a page shows of a participant: plain data, whole at every change. */
import type { Protection } from '../client/protection.js';
import type { TaskDefinition } from '../protocol/messages.js';

/**
 * - `off`: not started, or stopped;
 * - `starting`: the key is looked up, the server is asked;
 * - `elsewhere`: another tab takes part with the same storage, this one takes over when that ends;
 * - `pending`: an operator of the server has to approve the client first;
 * - `waiting`: there is nothing to do now;
 * - `not-eligible`: the device's own rules say no;
 * - `working`: a task is under way, see `progress`;
 * - `retrying`: something did not get through, and is tried again;
 * - `paused`: by the person;
 * - `left`: the server was told to forget the client, and what was kept here is deleted;
 * - `failed`: it can not go on, see `error`.
 */
export type ParticipantStatus =
  | 'off'
  | 'starting'
  | 'elsewhere'
  | 'pending'
  | 'waiting'
  | 'not-eligible'
  | 'working'
  | 'retrying'
  | 'paused'
  | 'left'
  | 'failed';

/** How far a task is. */
export interface Progress {
  readonly phase: 'downloading' | 'training' | 'evaluating' | 'uploading';
  /** 0 to 1; null where it is not known: a browser does not tell how much of an upload is gone. */
  readonly share: number | null;
}

/** What this participant has given in all, also before this page was opened. */
export interface ContributionTotals {
  /** Updates that the server took. */
  readonly updates: number;
  /** Bytes of all reports. */
  readonly bytes: number;
}

/** All of it, at one moment. */
export interface ParticipantState {
  readonly status: ParticipantStatus;
  /** The same in one or two sentences. */
  readonly sentence: string;
  /** The origin of the server. */
  readonly server: string;
  /** The name of the key on the wire; null before there is one. */
  readonly clientId: string | null;
  /** What is learned: of the newest task; null before the first. */
  readonly definition: TaskDefinition | null;
  /** What protects reports of that task. */
  readonly protection: Protection | null;
  /** Of the newest task. */
  readonly round: number | null;
  readonly progress: Progress | null;
  /** What trains: "ONNX Runtime 1.30.0 (wasm)"; null before it is needed. */
  readonly engine: string | null;
  /** Examples to train on, and held out to evaluate on; null before they are known. */
  readonly exampleCount: number | null;
  readonly heldOutCount: number | null;
  readonly totals: ContributionTotals;
  /** Why it can not go on. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The state of a participant that has not been started. */
export function initialState(server: string): ParticipantState {
  return {
    ...{ status: 'off', sentence: 'Does not take part.', server, clientId: null },
    ...{ definition: null, protection: null, round: null, progress: null, engine: null },
    ...{ exampleCount: null, heldOutCount: null, totals: { updates: 0, bytes: 0 }, error: null },
  };
}
