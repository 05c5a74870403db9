/** What a participant keeps of what it has done, for its person to see. */
import type { Protection } from '../client/protection.js';
import type { Receipt } from '../protocol/messages.js';

/** One report that reached the server. */
export interface Contribution {
  readonly kind: 'update' | 'evaluation';
  readonly runId: string;
  /** The run's title. */
  readonly title: string;
  readonly round: number;
  /** Trained on, or evaluated on. */
  readonly exampleCount: number;
  /** That left the device. */
  readonly bytes: number;
  /** When: milliseconds since 1970. */
  readonly at: number;
  readonly protection: Protection;
  /** What became of it; an evaluation that got through is accepted. */
  readonly outcome: Receipt['outcome'];
}

/** What a request is for. */
export type RequestPurpose =
  | 'server-info'
  | 'offers'
  | 'enrolment'
  | 'check-in'
  | 'wake-up'
  | 'model'
  | 'update'
  | 'upload-offset'
  | 'evaluation'
  | 'failure'
  | 'leaving'
  | 'other';

/** One request as it was sent: put down before its first byte goes. */
export interface RequestRecord {
  readonly purpose: RequestPurpose;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** When it was sent: milliseconds since 1970. */
  readonly at: number;
  /** Of its body. */
  readonly bytes: number;
  /** The body itself, where it is short JSON; an invitation in it is left out. */
  readonly body?: string;
  /** Of the answer; null while there is none, 0 where none came. */
  readonly status: number | null;
}
