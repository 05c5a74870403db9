/** One task from beginning to end: is it accepted, get the model, train or evaluate, hand in the result. */
import type { Examples } from '../data/dataset.js';
import { ConfigError, TransportError } from '../errors.js';
import type { Trainer } from '../learn/trainer.js';
import { draftSafetensors } from '../params/safetensors-draft.js';
import type { Receipt, Task, TaskDefinition } from '../protocol/messages.js';
import { reportPath } from '../protocol/paths.js';
import { formatUpdateMetadata } from '../protocol/update-metadata.js';
import type { Api } from './api.js';
import type { SentKind } from './audit-entry.js';
import { fetchBlob } from './blobs.js';
import type { ClientEvent, RoundPlace, Sent } from './client-events.js';
import { toHex } from './hex.js';
import type { ModelCache } from './model-cache.js';
import type { SendingNote } from './noted-request.js';
import type { Platform } from './platform.js';
import { protectionOf } from './protection.js';
import type { ReportPlace, ReportPlaces } from './report-places.js';
import { sendReport } from './send-report.js';
import { runEvaluationTask, runTrainTask } from './train-task.js';

/** Room for what an update says of itself: four names and numbers. */
const METADATA_BYTES = 256;

/** What a client has: examples to train on and, perhaps, others to evaluate on. */
export interface ClientData {
  readonly train: Examples;
  readonly heldOut?: Examples;
  /**
   * What it is for one task, where that depends on the task: text becomes the tokens of the task's vocabulary. Of
   * `train` and `heldOut` then only the counts matter.
   *
   * @throws {ConfigError} or {ProtocolError} when it is nothing for that task.
   */
  readonly forTask?: (definition: TaskDefinition) => Promise<ClientData>;
}

/** What one task needs. */
export interface RoundContext {
  readonly platform: Platform;
  readonly api: Api;
  readonly data: ClientData;
  readonly clientId: string;
  /** Models that this process has, so that many clients in it fetch each once. */
  readonly models: ModelCache;
  readonly reports: ReportPlaces;
  trainerOf(): Promise<Trainer>;
  emit(event: ClientEvent): void | Promise<void>;
  /** Waits for its turn to compute: clients of one process take turns. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  readonly signal: AbortSignal;
}

/** The last report, to be sent again without training again where the server has forgotten it. */
interface LastReport {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
  readonly exampleCount: number;
}

/** Where a client keeps its last report, from when it is made. */
export interface ReportMemory {
  last: LastReport | undefined;
}

/** Trains and reports; the report of a task that was trained for before is sent again. */
export async function trainRound(context: RoundContext, task: Task, memory: ReportMemory): Promise<void> {
  const { reports } = context;
  const { runId, round, params, deadlineMs } = task;
  const key = `${runId}/${round}/${params.sha256}`;
  const deadline = deadlineSignal(context.signal, deadlineMs);
  try {
    if (memory.last?.key === key) return await send(context, task, memory.last, deadline.signal);
    const global = await globalParams(context, task, deadline.signal);
    const place = await reports.take();
    try {
      // It may be in this place.
      memory.last = undefined;
      const report = await train(context, task, key, global, place, deadline.signal);
      if (reports.keeps) memory.last = report;
      await send(context, task, report, deadline.signal);
    } finally {
      reports.give(place);
    }
  } finally {
    deadline.clear();
  }
}

async function train(
  context: RoundContext,
  task: Task,
  key: string,
  params: Float32Array,
  place: ReportPlace,
  signal: AbortSignal,
): Promise<LastReport> {
  const { platform, data, emit } = context;
  const { work, seed, definition } = task;
  const trainer = await context.trainerOf();
  const { layout } = trainer;
  return context.exclusively(async () => {
    if (signal.aborted) throw new TransportError('the deadline of the round has passed');
    if (place.draft?.layout !== layout) place.draft = draftSafetensors(layout, METADATA_BYTES);
    const { values: out, finish } = place.draft;
    const startedAt = platform.now();
    const trainTask = { params, examples: data.train, work, seed, reports: definition.reports };
    const result = await runTrainTask(trainer, trainTask, out);
    const trainMs = Math.max(0, platform.now() - startedAt);
    await emit({ type: 'trained', ...placeOf(task), ...result, trainMs });
    const bytes = finish(formatUpdateMetadata({ ...result, trainMs }));
    return { key, bytes, sha256: await platform.sha256(bytes), exampleCount: result.exampleCount };
  });
}

async function send(
  { platform, api, clientId, emit }: RoundContext,
  task: Task,
  report: LastReport,
  signal: AbortSignal,
): Promise<void> {
  const { runId, round, definition } = task;
  const { exampleCount } = report;
  const target = reportPath('updates', runId, round, clientId);
  const note = { ...noteOf(platform, task, 'update'), exampleCount };
  const receipt: Receipt = await sendReport(api, { target, note, ...report }, signal);
  await emit({
    type: 'update-sent',
    ...placeOf(task),
    ...{ receipt, reports: definition.reports, exampleCount },
    ...sentAs(platform, definition, report.bytes.length, report.sha256),
  });
}

/** Evaluates the global model on what the client holds out, and reports the sums. */
export async function evaluateRound(context: RoundContext, task: Task): Promise<void> {
  const { platform, api, data, clientId, emit } = context;
  const { runId, round, definition, deadlineMs } = task;
  const deadline = deadlineSignal(context.signal, deadlineMs);
  try {
    const { heldOut } = data;
    if (!heldOut) throw new ConfigError('held-out examples are needed to evaluate, got none');
    const trainer = await context.trainerOf();
    const params = await globalParams(context, task, deadline.signal);
    const sums = await context.exclusively(() => runEvaluationTask(trainer, params, heldOut));
    const { exampleCount, lossSum, tokens } = sums;
    await emit({
      type: 'evaluated',
      ...placeOf(task),
      exampleCount,
      loss: lossSum / (tokens?.count ?? exampleCount),
    });
    const target = reportPath('evaluations', runId, round, clientId);
    const bytes = new TextEncoder().encode(JSON.stringify(sums));
    const note = noteOf(platform, task, 'evaluation');
    const { signal } = deadline;
    await api.call<Receipt>({ method: 'POST', target, json: sums, what: 'the report', note, signal });
    const sent = sentAs(platform, definition, bytes.length, await platform.sha256(bytes));
    await emit({ type: 'report-sent', what: 'evaluation', ...placeOf(task), ...sent });
  } finally {
    deadline.clear();
  }
}

/** A server that does not answer must not keep a client that is to end. */
const FAILURE_TIMEOUT_MS = 5_000;

/** Tells the server that there will be no report; where that does not get through, the deadline says it. */
export async function reportFailure(context: RoundContext, task: Task, reason: string): Promise<void> {
  const { api, platform, clientId, emit } = context;
  const { runId, round, definition } = task;
  const json = { reason: reason.slice(0, 1000) };
  const target = reportPath('failures', runId, round, clientId);
  try {
    const signal = AbortSignal.timeout(FAILURE_TIMEOUT_MS);
    await api.send({ method: 'POST', target, json, note: noteOf(platform, task, 'failure'), signal });
  } catch {
    return;
  }
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  const sent = sentAs(platform, definition, bytes.length, await platform.sha256(bytes));
  await emit({ type: 'report-sent', what: 'failure', ...placeOf(task), ...sent });
}

async function globalParams(context: RoundContext, task: Task, signal: AbortSignal): Promise<Float32Array> {
  const { api, platform, models, emit } = context;
  const { params } = task;
  const { layout } = await context.trainerOf();
  const { values, cached } = await models.get(params.sha256, layout, () =>
    fetchBlob({ api, sha256: platform.sha256, signed: true }, params, signal),
  );
  await emit({ type: 'model-downloaded', ...placeOf(task), bytes: params.bytes, cached });
  return values;
}

/** Which part of which round an event is about. */
export function placeOf({ runId, round, definition }: Task): RoundPlace {
  return { runId, round, model: definition.model.name };
}

function noteOf({ transport }: Platform, { runId, round, definition }: Task, kind: SentKind): SendingNote {
  return { kind, runId, round, protection: protectionOf(transport.origin, definition) };
}

function sentAs(
  { transport }: Platform,
  definition: TaskDefinition,
  bytes: number,
  sha256: Uint8Array,
): Sent {
  return { bytes, sha256: toHex(sha256), protection: protectionOf(transport.origin, definition) };
}

/** Aborts with the outer signal, or when the time is up. */
function deadlineSignal(outer: AbortSignal, ms: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, ms);
  outer.addEventListener('abort', stop, { once: true });
  if (outer.aborted) stop();
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    },
  };
}
