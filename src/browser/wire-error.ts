/** Errors as they cross between page and Worker: with their class, their code and their sentence. */
import { RefusedError } from '../client/api.js';
import {
  ConfigError,
  FederatedError,
  ProtocolError,
  QuorumError,
  ShapeError,
  StoreError,
  TransportError,
} from '../errors.js';

/** An error as plain data. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  /** Of a refusal: what the server said. */
  readonly refusal?: {
    readonly status: number;
    readonly document: Readonly<Record<string, unknown>>;
    readonly retryAfterMs: number | null;
  };
}

const CLASSES = {
  config: ConfigError,
  shape: ShapeError,
  protocol: ProtocolError,
  transport: TransportError,
  quorum: QuorumError,
  store: StoreError,
} as const;

/** An error of ours keeps its code; any other is `internal`. */
export function toWire(error: unknown): WireError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RefusedError) {
    const { code, status, document, retryAfterMs } = error;
    return { code, message, refusal: { status, document, retryAfterMs } };
  }
  return { code: error instanceof FederatedError ? error.code : 'internal', message };
}

/** The error again, of its own class. */
export function fromWire({ code, message, refusal }: WireError): FederatedError {
  if (refusal) return new RefusedError(refusal.status, refusal.document, refusal.retryAfterMs);
  const known = Object.entries(CLASSES).find(([each]) => each === code)?.[1];
  return known ? new known(message) : new FederatedError(code, message);
}
