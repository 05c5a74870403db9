/** Joins a federation: lets the client in, and gives it a life until it is told to stop, or leaves. */
import { encodeBase64Url } from '../protocol/base64.js';
import type { Attributes, EnrolResponse, Task } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { createApi } from './api.js';
import type { ClientEvent } from './client-events.js';
import { checkRules, type Eligibility } from './eligibility.js';
import { type Acceptance, checkAcceptance } from './governance.js';
import { askToForget, deleteIdentity } from './leave.js';
import { live } from './life.js';
import { createModelCache, type ModelCache } from './model-cache.js';
import type { Platform } from './platform.js';
import type { ReportPlaces } from './report-places.js';
import type { ClientData } from './rounds.js';
import { createTrainers, type OwnTrainer, type Trainers } from './trainers.js';

/** What a client brings. */
export interface JoinOptions {
  /** The client's examples, or a function that has them when they are needed. */
  readonly data: ClientData | (() => ClientData | Promise<ClientData>);
  /** What trains, in place of the task's model. */
  readonly trainer?: OwnTrainer;
  /** How an operator sees the client. */
  readonly name?: string;
  /** A token from an operator; without it an operator has to approve the client, or the server is open. */
  readonly invitation?: string;
  /** What the server may select by: `region`, `tag`. */
  readonly attributes?: Attributes;
  /** The runs to take part in; default any. */
  readonly runIds?: readonly string[];
  readonly eligibility?: Eligibility;
  readonly accept?: Acceptance;
  /** Ends the client, which keeps its identity. */
  readonly signal?: AbortSignal;
  /** Told what happens, and all that leaves the device; awaited before the client goes on. */
  readonly onEvent?: (event: ClientEvent) => void | Promise<void>;
  /** Told of each task as it comes, before anything else is done about it. */
  readonly onTask?: (task: Task) => void;
  /** Shared by the clients of one process: models are fetched once. */
  readonly models?: ModelCache;
  /** Shared by the clients of one process: what trains is made once. */
  readonly trainers?: Trainers;
  /** Shared by the clients of one process: few reports are in memory at a time. */
  readonly reports?: ReportPlaces;
  /** Shared by the clients of one process: one trains at a time. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A client that has been let in, or waits for it. */
export interface Participation {
  /** The name of its key on the wire. */
  readonly clientId: string;
  /** Settles when the client has stopped; rejects when it can not go on. */
  readonly done: Promise<void>;
  /** Ends at the next step of training, tells the server of a task that was under way; the identity stays. */
  stop(): Promise<void>;
  /** Ends, tells the server to forget the identity, and deletes key and state. */
  leave(): Promise<void>;
}

/**
 * Joins a federation.
 *
 * @throws {ConfigError} when an option is wrong.
 * @throws {RefusedError} when the server does not let the client in.
 * @throws {TransportError} when `options.signal` ended the attempts to reach it.
 */
export async function joinOn(platform: Platform, options: JoinOptions): Promise<Participation> {
  const { eligibility = {}, accept = {}, trainer, models = createModelCache() } = options;
  checkRules(eligibility);
  checkAcceptance(accept);
  const stopping = new AbortController();
  const { signal } = stopping;
  const stop = () => stopping.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted) stop();
  const emit = async (event: ClientEvent) => options.onEvent?.(event);
  const api = createApi(platform, {
    onRetry: (retry) => void emit({ type: 'retrying', ...retry }),
    onClock: (aheadMs) => void emit({ type: 'clock-corrected', aheadMs }),
  });
  const { trainers = createTrainers(platform, trainer, () => signal.aborted) } = options;
  const close = async () => {
    options.signal?.removeEventListener('abort', stop);
    platform.transport.close();
    await platform.audit?.close();
  };

  const enrol = async () => {
    const json = enrolmentOf(platform, options);
    const request = { method: 'POST', target: PATHS.clients, json, what: 'enrolment', signal } as const;
    const answer = await api.call<EnrolResponse>({ ...request, note: { kind: 'enrolment' } });
    await emit({ type: 'enrolled', server: platform.transport.origin, ...answer });
    return answer;
  };
  const { clientId } = await enrol().catch(async (error: unknown) => {
    await close();
    throw error;
  });

  const context = { platform, options, api, clientId, models, trainers, emit, enrol, signal };
  let leaving: Promise<void> | undefined;
  const done = live(context)
    .catch(async (error: unknown) => {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      await emit({ type: 'failed', reason, final: true });
      throw error;
    })
    .finally(async () => {
      // Leaving is noted, too.
      await leaving?.catch(() => {});
      await close();
    });
  done.catch(() => {});
  return {
    clientId,
    done,
    async stop() {
      stop();
      await done.catch(() => {});
    },
    async leave() {
      leaving ??= askToForget(api);
      await leaving;
      stop();
      await done.catch(() => {});
      await deleteIdentity(platform);
      await emit({ type: 'left', forgotten: true });
    },
  };
}

function enrolmentOf({ signer }: Platform, { name, invitation, attributes }: JoinOptions) {
  return {
    publicKey: encodeBase64Url(signer.publicKey),
    ...(name === undefined ? {} : { name }),
    ...(invitation === undefined ? {} : { invitation }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}
