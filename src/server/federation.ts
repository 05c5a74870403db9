/** A server's state behind its routes: who may come, who is there, what runs are open. */
import { PROTOCOL_VERSION } from '../protocol/http.js';
import type { ServerInfo, Task } from '../protocol/messages.js';
import { parseSignature } from '../protocol/parse-signature.js';
import type { Access } from './access.js';
import { type Availability, createAvailability } from './availability.js';
import { type BlobStore, createBlobStore } from './blobs.js';
import type { ClientRecord, Enrolment } from './client-record.js';
import type { EnrolmentPolicy } from './enrol.js';
import type { ServerRequest } from './http.js';
import type { ServerMetrics } from './metrics.js';
import { createRateLimit, networkOf } from './rate-limit.js';
import type { RoundHost } from './round-host.js';
import type { ServedRun } from './served-run.js';
import { createVerifier } from './verify-request.js';
import { createWakeChannels, type WakeChannels } from './wake-channels.js';

/** How many requests a key may make at once, and a second in the long run; and how many enrolments an address. */
const CLIENT_RATE = { burst: 200, perSecond: 100 };
const ADDRESS_RATE = { burst: 400, perSecond: 20 };

/** A client whose channel broke may be without one for so long before its round goes on without it. */
const GRACE_MS = 15_000;
/** Who broke off in the middle of an upload has done its work: it is waited for as many times as long. */
const UPLOAD_GRACES = 6;

/** What a federation stands on. */
export interface FederationContext {
  readonly access: Access;
  readonly enrolment: EnrolmentPolicy;
  /** How long a client may be without its wake-up channel in the middle of a round; default 15 s. */
  readonly graceMs?: number;
  readonly software: string;
  readonly metrics?: Pick<ServerMetrics, 'uploads' | 'update' | 'updateRefused'>;
  /** Whether an earlier process may have accepted requests: then nonces of before may be missing. */
  readonly isFresh: boolean;
  /** Milliseconds of any origin, and since 1970. */
  now(): number;
  time(): number;
}

export interface Federation {
  readonly context: FederationContext;
  readonly access: Access;
  readonly wakes: WakeChannels;
  readonly blobs: BlobStore;
  readonly availability: Availability;
  readonly runs: ReadonlyMap<string, ServedRun>;
  /** The approved client whose request this is. @throws {Refusal} when it is nobody's, or one too many. */
  clientOf(request: ServerRequest): ClientRecord;
  /** As `clientOf`, and one that waits for approval: whom it may forget. */
  leaverOf(request: ServerRequest): ClientRecord;
  /** Lets a key in that signed the request. @throws {Refusal} when it may not. */
  enrol(request: ServerRequest, enrolment: Omit<Enrolment, 'keyId'>): Promise<ClientRecord>;
  /** Before anything costly is done for an address. */
  limitAddress(address: string): void;
  add(run: ServedRun): void;
  hostOf(runId: string): RoundHost | undefined;
  /** What a client has to do now; undefined: nothing. */
  taskFor(clientIndex: number): Task | undefined;
  /** A client has checked in: rounds that wait for clients look again. */
  clientCame(): void;
  reasonToWait(client: ClientRecord): string;
  /** The client takes no part any more: it left, or was revoked. */
  drop(clientIndex: number, reason: string): void;
  info(): ServerInfo;
  close(): Promise<void>;
}

export function createFederation(context: FederationContext): Federation {
  const { now, time, access, enrolment, software, isFresh, graceMs = GRACE_MS } = context;
  const runs = new Map<string, ServedRun>();
  const lost = new Map<number, NodeJS.Timeout>();
  let looking: NodeJS.Immediate | undefined;
  let isClosed = false;

  const verifier = createVerifier({
    now: time,
    startedAt: isFresh ? 0 : time(),
    findKey: access.clients.find,
  });
  const clientRate = createRateLimit(CLIENT_RATE);
  const addressRate = createRateLimit(ADDRESS_RATE);

  const hostFor = (clientIndex: number) => {
    const runId = availability.busyWith(clientIndex);
    return runId === undefined ? undefined : runs.get(runId)?.host;
  };
  const giveUp = (clientIndex: number, reason: string) => {
    const host = hostFor(clientIndex);
    if (!host) return;
    host.evaluations.skip(clientIndex);
    host.refuse(clientIndex, host.state.round, reason);
  };
  /** Looks after the grace period whether a client without a channel has been heard of since, until it has not. */
  const watch = (clientIndex: number) => {
    const since = now();
    const check = () => {
      lost.delete(clientIndex);
      const heard = (availability.find(clientIndex)?.heardAt ?? 0) > since;
      if (heard || hostFor(clientIndex)?.slots.isSending(clientIndex, graceMs * UPLOAD_GRACES))
        return watch(clientIndex);
      giveUp(clientIndex, `the connection was lost for ${graceMs} ms`);
    };
    lost.set(clientIndex, setTimeout(check, graceMs).unref());
  };
  const onPresence = (clientIndex: number, present: boolean) => {
    clearTimeout(lost.get(clientIndex));
    lost.delete(clientIndex);
    if (present) return clientCame();
    if (isClosed) return;
    // Also of one that does nothing now: it may be asked before it is found gone.
    availability.lost(clientIndex, graceMs);
    watch(clientIndex);
  };
  const taskFor = (clientIndex: number) => {
    const host = hostFor(clientIndex);
    const task = host?.taskFor(clientIndex);
    if (task?.type === 'train') host?.activity.handedOut(clientIndex);
    return task;
  };
  const wakes = createWakeChannels({
    onPresence,
    hasTask: (clientIndex) => taskFor(clientIndex) !== undefined,
  });
  const availability = createAvailability(wakes.isPresent, now);

  /** Many clients may come at once: one look for all of them. */
  const clientCame = () => {
    looking ??= setImmediate(() => {
      looking = undefined;
      for (const { host } of runs.values()) host.clientCame();
    });
  };

  const clientOf = (request: ServerRequest): ClientRecord => {
    const record = verifier.verify(request);
    clientRate.take(record.keyId, now());
    availability.heard(record.index);
    return record;
  };

  return {
    ...{ context, access, wakes, availability, runs, clientCame, taskFor },
    blobs: createBlobStore(),
    add(run) {
      runs.set(run.runId, run);
      void run.over.then(() => {
        if (runs.get(run.runId) === run && run.status() !== 'failed') runs.delete(run.runId);
      });
    },
    clientOf,
    leaverOf(request) {
      const record = access.clients.find(parseSignature(request).keyId);
      if (record?.status !== 'pending') return clientOf(request);
      verifier.verifyWith(request, record.publicKey);
      return record;
    },
    enrol(request, asked) {
      const keyId = verifier.verifyWith(request, asked.publicKey);
      return access.clients.enrol({ ...asked, keyId }, enrolment);
    },
    limitAddress: (address) => addressRate.take(networkOf(address), now()),
    hostOf: (runId) => runs.get(runId)?.host,
    reasonToWait({ population }) {
      const open = [...runs.values()].filter(({ options }) => options.population === population);
      return open.length === 0 ? 'no run is open' : 'this client is not part of the round under way';
    },
    drop(clientIndex, reason) {
      giveUp(clientIndex, reason);
      availability.forget(clientIndex);
      wakes.end(clientIndex);
    },
    info: () => ({ protocol: PROTOCOL_VERSION, software, serverTime: time(), enrolment }),
    async close() {
      isClosed = true;
      for (const timer of lost.values()) clearTimeout(timer);
      if (looking) clearImmediate(looking);
      wakes.close();
      await Promise.all([...runs.values()].map((run) => run.suspend()));
      runs.clear();
      await access.close();
    },
  };
}
