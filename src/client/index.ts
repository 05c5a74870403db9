/** `tessera/client` in a page or a Worker (export condition `browser`): takes part in a federation. */

export type { Attributes, Receipt, Task, TaskDefinition } from '../protocol/messages.js';
export type { Signer } from '../protocol/signer.js';
export { RefusedError } from './api.js';
export type { Approve, AskedWith, Decision } from './approval.js';
export type { AuditEntry, AuditSink } from './audit-entry.js';
export { type BrowserJoinOptions, join } from './browser-join.js';
export { createBrowserProbe } from './browser-probe.js';
export { type ClientEvent, describeEvent } from './client-events.js';
export type { DeviceProbe, Eligibility } from './eligibility.js';
export { createFetchTransport } from './fetch-transport.js';
export type { Acceptance, PrivacyPins, WorkPins } from './governance.js';
export { type JoinOptions, joinOn, type Participation } from './join.js';
export type { Platform } from './platform.js';
export type { Protection } from './protection.js';
export type { ClientData } from './rounds.js';
export { createMemoryStore, type StateStore } from './state-store.js';
export type { OwnTrainer } from './trainers.js';
export type { Transport, TransportRequest, TransportResponse } from './transport.js';
export { joinMany, type VirtualClient, type VirtualOptions } from './virtual.js';
export { createSigner, generateKey, type StoredKey } from './web-crypto-signer.js';
