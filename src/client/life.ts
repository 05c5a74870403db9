/** A client's life once it is let in: ask, train, report, wait; until a signal ends it. */
import { TransportError } from '../errors.js';
import type { CheckInResponse, EnrolResponse, Task } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { createAlarm } from './alarm.js';
import { type Api, RefusedError, sleep } from './api.js';
import { askApproval } from './approval.js';
import { checkData } from './check-data.js';
import type { ClientEvent } from './client-events.js';
import { checkEligibility, memoryOfTasksMs } from './eligibility.js';
import { checkTask } from './governance.js';
import type { JoinOptions } from './join.js';
import type { ModelCache } from './model-cache.js';
import type { Platform } from './platform.js';
import { createOwnPlace } from './report-places.js';
import {
  type ClientData,
  evaluateRound,
  placeOf,
  type ReportMemory,
  type RoundContext,
  reportFailure,
  trainRound,
} from './rounds.js';
import { createTaskBox } from './task-box.js';
import type { Trainers } from './trainers.js';
import { listenForWakes } from './wake.js';

/** What a life needs. */
export interface LifeContext {
  readonly platform: Platform;
  readonly options: JoinOptions;
  readonly api: Api;
  readonly clientId: string;
  readonly models: ModelCache;
  readonly trainers: Trainers;
  emit(event: ClientEvent): Promise<void>;
  /** Lets the client in again, where the server has forgotten it. */
  enrol(): Promise<EnrolResponse>;
  readonly signal: AbortSignal;
}

/** How soon a client that is not approved asks again. */
const APPROVAL_MS = 10_000;
/** How soon a client that has reported asks again, where nobody calls it over its channel. */
const WITH_CHANNEL_MS = 60_000;
/** After something that failed here, so that a fault does not become a storm. */
const AFTER_FAILURE_MS = 1_000;

/**
 * Lives until `signal` ends it; a task under way is then given back to the server.
 *
 * @throws what can not get better: the server does not want the client any more, or nothing can be noted or read here.
 */
export async function live(context: LifeContext): Promise<void> {
  const { platform, options, api, emit, signal } = context;
  const { eligibility = {}, attributes, runIds } = options;
  const alarm = createAlarm(signal);
  const box = createTaskBox(platform.now);
  const worker = createWorker(context);
  let channel: AbortController | undefined;
  let hasChannel = false;
  const listen = () => {
    if (channel) return;
    channel = new AbortController();
    const { random, networkBack } = platform;
    const ends = AbortSignal.any([signal, channel.signal]);
    const onOpen = (open: boolean) => {
      hasChannel = open;
      if (!open) box.clear();
    };
    const onWake = (task?: Task) => {
      box.put(task);
      alarm.ring();
    };
    const { untilWaiting: untilIdle } = alarm;
    void listenForWakes({ api, random, onOpen, onWake, untilIdle, networkBack }, ends);
  };
  const hangUp = () => {
    channel?.abort();
    channel = undefined;
    hasChannel = false;
    box.clear();
  };

  const isEligible = (exampleCount: number) => {
    const state = { exampleCount, taskTimes: worker.taskTimes(), now: platform.now() };
    return checkEligibility(eligibility, platform.probe, state);
  };
  let hasExamples = 0;
  // Who may not take part any more leaves the channel, and does not wait to be called first.
  const unwatch = platform.deviceChanged?.(async () => {
    if (channel && !(await isEligible(hasExamples)).eligible) alarm.ring();
  });
  signal.addEventListener('abort', () => unwatch?.(), { once: true });

  while (!signal.aborted) {
    const data = typeof options.data === 'function' ? await options.data() : options.data;
    const exampleCount = data.train.indices.length;
    hasExamples = exampleCount;
    const verdict = await isEligible(exampleCount);
    if (!verdict.eligible) {
      // Who listens counts as there, and would be asked.
      hangUp();
      const { reason, retryAfterMs } = verdict;
      await emit({ type: 'not-eligible', reason, retryAfterMs });
      await sleep(retryAfterMs, signal, platform.deviceChanged);
      continue;
    }
    listen();
    const told = {
      encodings: ['float32'],
      exampleCount,
      heldOutCount: data.heldOut?.indices.length ?? 0,
      ...(attributes === undefined ? {} : { attributes }),
      ...(runIds === undefined ? {} : { runIds }),
    };
    const called = box.take(JSON.stringify(told));
    const answer = called ? ({ type: 'task', task: called } as const) : await checkIn(told);
    if (answer?.type === 'task') {
      box.noteTaken(answer.task);
      const reported = await worker.work(answer.task, data);
      // Whoever has just reported is there as long as the channel says so, and is called over it.
      if (reported && hasChannel) await alarm.wait(WITH_CHANNEL_MS);
      continue;
    }
    if (answer) await emit({ type: 'waiting', reason: answer.reason, retryAfterMs: answer.retryAfterMs });
    await alarm.wait(answer?.retryAfterMs ?? APPROVAL_MS);
  }

  /** Undefined where there is nothing to do until later: an operator still has to approve, or the client is new again. */
  async function checkIn(json: unknown): Promise<CheckInResponse | undefined> {
    try {
      const request = { method: 'POST', target: PATHS.checkIn, json, what: 'the check-in', signal } as const;
      const answer = await api.call<CheckInResponse>({ ...request, note: { kind: 'check-in' } });
      box.noteTold(JSON.stringify(json));
      return answer;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.problem === 'unknown-client') {
        await context.enrol();
        alarm.ring();
        await sleep(AFTER_FAILURE_MS, signal);
        return undefined;
      }
      if (error.problem !== 'not-approved') throw error;
      await emit({ type: 'waiting', reason: error.message, retryAfterMs: APPROVAL_MS, pending: true });
      return undefined;
    }
  }
}

/** What does tasks, and remembers what that takes. */
function createWorker({ platform, options, api, clientId, models, trainers, emit, signal }: LifeContext) {
  const {
    eligibility = {},
    accept = {},
    exclusively = (work) => work(),
    reports = createOwnPlace(),
  } = options;
  const refused = new Map<string, string>();
  const asked = new Set<string>();
  let times: number[] = [];
  const memory: ReportMemory = { last: undefined };

  /** Why the client takes no part; undefined: it does. */
  const reasonToRefuse = async (task: Task, data: ClientData): Promise<string | undefined> => {
    const { definition } = task;
    const verdict = checkTask(accept, task);
    if (!verdict.accepted) return verdict.reason;
    if (!options.trainer) checkData(definition, data.train.dataset);
    if (!accept.approve) return undefined;
    // A person sees the graph that would run.
    const approval = await askApproval(accept, task, await trainers.summaryOf(definition, api));
    if (approval.decision === 'approved') return undefined;
    const { hash, decision, reason } = approval;
    if (decision === 'pending' && !asked.has(hash)) await emit({ type: 'approval-needed', hash, definition });
    asked.add(hash);
    return reason;
  };

  const refuse = async (context: RoundContext, task: Task, reason: string) => {
    if (refused.get(task.runId) !== reason) await emit({ type: 'task-refused', reason, ...placeOf(task) });
    refused.set(task.runId, reason);
    await reportFailure(context, task, reason);
  };

  return {
    /** When tasks were taken on before, as far back as the rules look. */
    taskTimes(): readonly number[] {
      const oldest = platform.now() - memoryOfTasksMs(eligibility);
      times = times.filter((time, place) => time >= oldest || place === times.length - 1);
      return times;
    },
    /** True when the server has the report. */
    async work(task: Task, data: ClientData): Promise<boolean> {
      const trainerOf = () => trainers.trainerOf(task.definition, api);
      const base = { platform, api, data, clientId, models, reports, emit, signal, exclusively, trainerOf };
      const { deadlineMs, type: kind } = task;
      options.onTask?.(task);
      await emit({ type: 'task-received', kind, deadlineMs, ...placeOf(task) });
      try {
        const fitting = data.forTask ? await data.forTask(task.definition) : data;
        const reason = await reasonToRefuse(task, fitting);
        if (reason !== undefined) {
          await refuse(base, task, reason);
          return false;
        }
        refused.delete(task.runId);
        if (kind === 'evaluate') {
          await evaluateRound({ ...base, data: fitting }, task);
          return true;
        }
        times.push(platform.now());
        await trainRound({ ...base, data: fitting }, task, memory);
        return true;
      } catch (error) {
        if (signal.aborted) {
          await reportFailure(base, task, 'the client was stopped');
          return false;
        }
        const reason = error instanceof Error ? error.message : String(error);
        await emit({ type: 'failed', reason, final: false });
        if (!(error instanceof TransportError || error instanceof RefusedError)) {
          await reportFailure(base, task, reason);
        }
        await sleep(AFTER_FAILURE_MS, signal);
        return false;
      }
    },
  };
}
