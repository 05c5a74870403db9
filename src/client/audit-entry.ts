/** What a client notes of everything that it sends. */
import type { Receipt } from '../protocol/messages.js';
import type { Protection } from './protection.js';

/** The kinds of things that leave a device. */
export type SentKind = 'enrolment' | 'check-in' | 'update' | 'evaluation' | 'failure' | 'leaving';

export type AuditEntry =
  /** Noted before the first byte leaves, so that nothing can be sent unnoted; each attempt anew. */
  | {
      readonly type: 'sending';
      readonly kind: SentKind;
      /** Its URL. */
      readonly server: string;
      readonly runId?: string;
      readonly round?: number;
      /** Of the body. */
      readonly bytes: number;
      /** Of the body, hexadecimal. */
      readonly sha256: string;
      /** How many examples an update was trained on. */
      readonly exampleCount?: number;
      /** Where no task says more, the transport alone. */
      readonly protection: Pick<Protection, 'transport'> & Partial<Protection>;
    }
  /** What the server said to it, or that nothing came back. */
  | {
      readonly type: 'receipt';
      /** Of the body that was sent. */
      readonly sha256: string;
      readonly outcome: Receipt['outcome'] | 'answered' | 'refused' | 'lost';
      readonly detail: string;
    };

/** Where entries go: on Node a log with a chain of hashes. */
export interface AuditSink {
  /** Resolves when the entry cannot be lost any more; what it is about is sent only then. */
  append(entry: AuditEntry): Promise<void>;
}
