/** What a client needs of the place it runs in: Node and browsers each bring their own. */
import type { ChosenEngine } from '../engine/engine-options.js';
import type { Signer } from '../protocol/signer.js';
import type { AuditSink } from './audit-entry.js';
import type { DeviceProbe } from './eligibility.js';
import type { StateStore } from './state-store.js';
import type { Transport } from './transport.js';

/** Has `listener` called at each occurrence, until what it returns is called. */
export type Subscribe = (listener: () => void) => () => void;

export interface Platform {
  readonly transport: Transport;
  readonly signer: Signer;
  readonly store: StateStore;
  readonly probe: DeviceProbe;
  /** Where everything is noted that leaves the device; closed with the transport. */
  readonly audit?: AuditSink & { close(): Promise<void> };
  /** Milliseconds since 1970. */
  now(): number;
  /** Secure random bytes: nonces. */
  randomBytes(count: number): Uint8Array;
  /** Uniform on [0, 1), for jitter only. */
  random(): number;
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** What trains, where the client is not given a trainer. */
  engine(): Promise<ChosenEngine>;
  /** The network is there again, or the device woke up: what waits to try again does so at once. */
  readonly networkBack?: Subscribe;
  /** What the probe tells may be another thing now. */
  readonly deviceChanged?: Subscribe;
  /** Deletes the key. */
  forgetKey(): Promise<void>;
}
