/** A client's life on a server: let in, ask, train, report, wait; until it is told to stop, or leaves. */
import { ConfigError, type FederatedError, TransportError } from '../errors.js';
import { createOnnxTrainer } from '../learn/onnx-trainer.js';
import type { Trainer } from '../learn/trainer.js';
import { encodeBase64Url } from '../protocol/base64.js';
import type {
  Attributes,
  CheckInResponse,
  EnrolResponse,
  Task,
  TaskDefinition,
} from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { createApi, RefusedError, sleep } from './api.js';
import { askApproval, checkGraph } from './approval.js';
import { fetchBlob } from './blobs.js';
import type { ClientEvent } from './client-events.js';
import { checkEligibility, checkRules, type Eligibility, memoryOfTasksMs } from './eligibility.js';
import { type Acceptance, checkAcceptance, checkTask } from './governance.js';
import { checkData, modelOf } from './model-trainer.js';
import type { Platform } from './platform.js';
import {
  type ClientData,
  createModelCache,
  evaluateRound,
  type ModelCache,
  placeOf,
  type ReportMemory,
  type RoundContext,
  reportFailure,
  trainRound,
} from './rounds.js';
import { listenForWakes } from './wake.js';

/** What a client brings. */
export interface JoinOptions {
  /** The client's examples, or a function that has them when they are needed. */
  readonly data: ClientData | (() => ClientData | Promise<ClientData>);
  /** What trains, in place of the task's model. */
  readonly trainer?: Trainer | ((definition: TaskDefinition) => Trainer | Promise<Trainer>);
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
  /** Shared by the clients of one process: models are fetched once. */
  readonly models?: ModelCache;
  /** Shared by the clients of one process: one trains at a time. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A client that has been let in, or waits for it. */
export interface Participation {
  /** The name of its key on the wire. */
  readonly clientId: string;
  /** Settles when the client has stopped; rejects when it can not go on. */
  readonly done: Promise<void>;
  /** Ends after what is under way; the identity stays. */
  stop(): Promise<void>;
  /** Ends, tells the server to forget the identity, and deletes key and state. */
  leave(): Promise<void>;
}

/** How soon a client that is not approved asks again. */
const APPROVAL_MS = 10_000;
/** After a task that failed here, so that a fault does not become a storm. */
const AFTER_FAILURE_MS = 1_000;

/**
 * Joins a federation.
 *
 * @throws {ConfigError} when an option is wrong.
 * @throws {RefusedError} when the server does not let the client in.
 */
export async function joinOn(platform: Platform, options: JoinOptions): Promise<Participation> {
  const { name, invitation, attributes, eligibility = {}, accept = {} } = options;
  checkRules(eligibility);
  checkAcceptance(accept);
  const stopping = new AbortController();
  const { signal } = stopping;
  const onOuterAbort = () => stopping.abort();
  options.signal?.addEventListener('abort', onOuterAbort, { once: true });
  if (options.signal?.aborted) stopping.abort();
  const emit = async (event: ClientEvent) => options.onEvent?.(event);
  let attempt = 0;
  const api = createApi(platform, {
    onRetry: (reason, delayMs) =>
      void emit({ type: 'retrying', what: 'the request', reason, attempt: ++attempt, delayMs }),
    onClock: (aheadMs) => void emit({ type: 'clock-corrected', aheadMs }),
  });
  const enrolled = await api.call<EnrolResponse>({
    method: 'POST',
    target: PATHS.clients,
    json: {
      publicKey: encodeBase64Url(platform.signer.publicKey),
      ...(name === undefined ? {} : { name }),
      ...(invitation === undefined ? {} : { invitation }),
      ...(attributes === undefined ? {} : { attributes }),
    },
    signal,
  });
  await emit({ type: 'enrolled', server: platform.transport.origin, ...enrolled });

  const live = createLife(platform, options, api, enrolled.clientId, emit, signal);
  const done = live()
    .catch(async (error: unknown) => {
      if (signal.aborted) return;
      await emit({ type: 'failed', reason: messageOf(error), final: true });
      throw error;
    })
    .finally(() => {
      options.signal?.removeEventListener('abort', onOuterAbort);
      platform.transport.close();
    });
  done.catch(() => {});
  return {
    clientId: enrolled.clientId,
    done,
    async stop() {
      stopping.abort();
      await done.catch(() => {});
    },
    async leave() {
      // While the transport is open; what is under way may still end.
      await api.call({ method: 'DELETE', target: PATHS.me });
      stopping.abort();
      await done.catch(() => {});
      await platform.store.clear();
      await platform.forgetKey();
      await emit({ type: 'left', forgotten: true });
    },
  };
}

function createLife(
  platform: Platform,
  options: JoinOptions,
  api: ReturnType<typeof createApi>,
  clientId: string,
  emit: (event: ClientEvent) => Promise<void>,
  signal: AbortSignal,
): () => Promise<void> {
  const { eligibility = {}, accept = {}, attributes, runIds } = options;
  const { models = createModelCache(), exclusively = (work) => work() } = options;
  const trainers = createTrainers(platform, options, api);
  const taskTimes: number[] = [];
  const refused = new Map<string, string>();
  const memory: ReportMemory = { last: undefined };
  let woken = createSignal();
  let wokenSince = false;

  const dataOf = async () => (typeof options.data === 'function' ? options.data() : options.data);
  const pause = async (ms: number) => {
    if (!wokenSince) {
      const over = new AbortController();
      await Promise.race([sleep(ms, AbortSignal.any([signal, over.signal])), woken.promise]);
      over.abort();
    }
    wokenSince = false;
    woken = createSignal();
  };

  const work = async (task: Task, data: ClientData): Promise<void> => {
    const context: RoundContext = {
      ...{ platform, api, data, clientId, models, emit, signal, exclusively },
      trainerOf: (of) => trainers(of.definition, data),
    };
    const { deadlineMs } = task;
    await emit({ type: 'task-received', kind: task.type, deadlineMs, ...placeOf(task) });
    try {
      const reason = await reasonToRefuse(accept, task, emit);
      if (reason !== undefined) {
        if (refused.get(task.runId) !== reason)
          await emit({ type: 'task-refused', reason, ...placeOf(task) });
        refused.set(task.runId, reason);
        return await reportFailure(context, task, reason);
      }
      if (task.type === 'evaluate') return await evaluateRound(context, task);
      taskTimes.push(platform.now());
      await trainRound(context, task, memory);
    } catch (error) {
      if (signal.aborted) return;
      await emit({ type: 'failed', reason: messageOf(error), final: false });
      if (!(error instanceof TransportError || error instanceof RefusedError)) {
        await reportFailure(context, task, messageOf(error));
      }
      await sleep(AFTER_FAILURE_MS, signal);
    }
  };

  return async () => {
    void listenForWakes(
      {
        api,
        random: platform.random,
        onOpen: () => {},
        onWake() {
          wokenSince = true;
          woken.resolve();
        },
      },
      signal,
    );
    while (!signal.aborted) {
      const data = await dataOf();
      const now = platform.now();
      const forgotten = taskTimes.findIndex((time) => time >= now - memoryOfTasksMs(eligibility));
      taskTimes.splice(0, forgotten < 0 ? taskTimes.length - 1 : forgotten);
      const exampleCount = data.train.indices.length;
      const verdict = await checkEligibility(eligibility, platform.probe, { exampleCount, taskTimes, now });
      if (!verdict.eligible) {
        const { reason, retryAfterMs } = verdict;
        await emit({ type: 'not-eligible', reason, retryAfterMs });
        await sleep(retryAfterMs, signal);
        continue;
      }
      const json = {
        encodings: ['float32'],
        exampleCount,
        heldOutCount: data.heldOut?.indices.length ?? 0,
        ...(attributes === undefined ? {} : { attributes }),
        ...(runIds === undefined ? {} : { runIds }),
      };
      const answer = await checkIn(json);
      if (answer?.type === 'task') {
        await work(answer.task, data);
        continue;
      }
      if (answer) await emit({ type: 'waiting', reason: answer.reason, retryAfterMs: answer.retryAfterMs });
      await pause(answer?.retryAfterMs ?? APPROVAL_MS);
    }
  };

  /** Undefined where an operator still has to approve the client. */
  async function checkIn(json: unknown): Promise<CheckInResponse | undefined> {
    try {
      return await api.call<CheckInResponse>({ method: 'POST', target: PATHS.checkIn, json, signal });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.problem !== 'not-approved') throw error;
      await emit({ type: 'waiting', reason: error.message, retryAfterMs: APPROVAL_MS });
      return undefined;
    }
  }
}

async function reasonToRefuse(
  accept: Acceptance,
  task: Task,
  emit: (event: ClientEvent) => Promise<void>,
): Promise<string | undefined> {
  const verdict = checkTask(accept, task);
  if (!verdict.accepted) return verdict.reason;
  const approval = await askApproval(accept, task);
  if (approval.decision === 'approved') return undefined;
  if (approval.decision === 'pending') {
    await emit({ type: 'approval-needed', hash: approval.hash, definition: task.definition });
  }
  return approval.reason;
}

/** One trainer for each definition, made when it is first needed. */
function createTrainers(platform: Platform, { trainer }: JoinOptions, api: ReturnType<typeof createApi>) {
  const made = new Map<string, Promise<Trainer>>();
  const make = async (definition: TaskDefinition, data: ClientData): Promise<Trainer> => {
    if (typeof trainer === 'function') return trainer(definition);
    if (trainer) return trainer;
    checkData(definition, data.train.dataset);
    const model = await modelOf(definition, (graph) => fetchBlob({ api, sha256: platform.sha256 }, graph));
    const verdict = await checkGraph(definition, model);
    if (!verdict.accepted) throw new ConfigError(verdict.reason);
    const { engine } = await platform.engine();
    return createOnnxTrainer(engine, model);
  };
  return (definition: TaskDefinition, data: ClientData) => {
    const { runId, model } = definition;
    const key = `${runId}/${model.graphSha256}`;
    const known = made.get(key);
    if (known) return known;
    const making = make(definition, data);
    made.set(key, making);
    making.catch(() => made.delete(key));
    return making;
  };
}

function createSignal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error as FederatedError).message : String(error);
}
