/** `tessera/client` in Node: takes part in a federation. */

export type { Attributes, Receipt, Task, TaskDefinition } from '../../protocol/messages.js';
export { RefusedError } from '../api.js';
export type { Approve, AskedWith, Decision } from '../approval.js';
export type { AuditEntry, AuditSink } from '../audit-entry.js';
export { type ClientEvent, describeEvent } from '../client-events.js';
export type { DeviceProbe, Eligibility } from '../eligibility.js';
export type { Acceptance, PrivacyPins, WorkPins } from '../governance.js';
export type { JoinOptions, Participation } from '../join.js';
export type { Protection } from '../protection.js';
export type { ClientData } from '../rounds.js';
export type { OwnTrainer } from '../trainers.js';
export type { VirtualClient, VirtualOptions } from '../virtual.js';
export { type Approvals, openApprovals, type TaskRecord } from './approvals.js';
export { type AuditCheck, type AuditLine, readAuditLog, verifyAuditLog } from './audit-lines.js';
export { type ClientPaths, clientPaths } from './client-folder.js';
export { join, type NodeJoinOptions } from './join.js';
export { joinVirtual } from './join-many.js';
export { type LeaveOptions, leave } from './leave.js';
