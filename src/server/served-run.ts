/** One run of a server: its settings, its folder, its host, and how it stands. */
import type { Layout } from '../params/layout.js';
import { encodeSafetensors, readParams } from '../params/safetensors.js';
import type { TaskDefinition } from '../protocol/messages.js';
import { createActivityBoard } from '../round/activity-board.js';
import { restoredRun } from '../round/round.js';
import type { RoundFinished, RunEvent, RunFinished } from '../round/run-events.js';
import type { RunPlan } from '../round/run-plan.js';
import type { Transition } from '../round/run-state.js';
import { noteRound, type RunProgress } from '../round/stopping.js';
import { writeRunReport } from '../settings/run-report.js';
import type { ServedRun as ServedSettings } from '../settings/served-options.js';
import { participationLimitsOf, planServed } from '../settings/served-plan.js';
import type { RecoveredRun } from '../store/recover-run.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { Candidate } from '../strategy/selection.js';
import { createServerState, paramsOfServerState, restoreServerState } from '../strategy/server-state.js';
import type { ServerState, Strategy } from '../strategy/strategy.js';
import type { Availability } from './availability.js';
import type { BlobStore } from './blobs.js';
import { createClientActivity } from './client-activity.js';
import {
  clientEvaluation,
  type EvaluationRounds,
  noEvaluation,
  serverEvaluation,
} from './evaluation-rounds.js';
import { createParticipation, type Participation } from './participation.js';
import { RoundHost } from './round-host.js';
import { createRoundRecorder, type RoundRecorder } from './round-recorder.js';
import type { ServedModel } from './served-model.js';
import { definitionOf } from './task-definition.js';

/** How a run stands, for people. */
export type RunStatus = 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

/** What a run needs of its server. */
export interface ServedRunContext {
  readonly options: ServedSettings;
  readonly served: ServedModel;
  readonly run: RunDirectory;
  /** Where a run that goes on stands; absent: from the beginning. */
  readonly recovered?: RecoveredRun | undefined;
  readonly blobs: BlobStore;
  readonly availability: Availability;
  /** These clients have something to do. */
  wake(clients: readonly number[]): void;
  onEvent(runId: string, event: RunEvent): void;
  /** Clients of the run do something else now. */
  onActivity(runId: string): void;
  /** Whether anybody looks at the run. */
  isWatched(runId: string): boolean;
  /** Milliseconds of any origin, and since 1970. */
  now(): number;
  time(): number;
}

/** A run that is open on a server. */
export interface ServedRun {
  readonly runId: string;
  readonly options: ServedSettings;
  readonly definition: TaskDefinition;
  readonly host: RoundHost;
  readonly participation: Participation;
  readonly directory: string;
  status(): RunStatus;
  /** One sentence, where the run has failed. */
  failure(): string | undefined;
  /** Settles when nothing more happens: the run has ended, was stopped, or cannot go on. Never rejects. */
  readonly over: Promise<void>;
  /** Ends the run for good. */
  stop(): Promise<void>;
  /** Leaves the run to be continued by another process. */
  suspend(): Promise<void>;
}

/** How long clients have to evaluate. */
const MAX_EVALUATION_MS = 120_000;

/** Opens a run and sets it going. */
export async function openServedRun(context: ServedRunContext): Promise<ServedRun> {
  const { options, served, run, recovered, blobs, availability, wake, onEvent, now, time } = context;
  const { runId } = run;
  const { layout } = served.trainer;
  const plan = planServed(options, served.data.task);
  const graph = served.file ? blobs.add(served.file.bytes, 'application/octet-stream') : undefined;
  const definition = await definitionOf(runId, options, served, graph);
  const participation = createParticipation(participationLimitsOf(options));
  for (const event of recovered?.events ?? []) participation.note(event);
  const global = await startingParams(served, run, recovered);
  const serverState = await startingState(plan.strategy, layout, run, recovered);
  let failure: string | undefined;
  let status: RunStatus = 'running';

  const onFailure = (error: unknown) => {
    failure ??= error instanceof Error ? error.message : String(error);
  };
  const recorder: RoundRecorder = createRoundRecorder({
    ...{ run, blobs, time },
    onFailure: (error) => host.fail(error),
    modelBytes: encodeSafetensors({ layout, values: global }).length,
    serverState: () => paramsOfServerState(serverState, layout),
    onEvent: (event) => {
      participation.note(event);
      onEvent(runId, event);
    },
  });
  const release = (clients: readonly number[]) => {
    for (const client of clients) availability.release(client, runId);
  };
  const engage = (clients: readonly number[]) => {
    for (const client of clients) availability.engage(client, runId);
    wake(clients);
  };
  const candidates = (): Candidate[] => {
    const at = time();
    return availability
      .candidates(runId, options.population)
      .filter(({ clientIndex }) => participation.mayTakePart(clientIndex, at))
      .map(({ clientIndex, attributes, exampleCount }) => ({
        clientId: clientIndex,
        attributes,
        ...(exampleCount === undefined ? {} : { exampleCount }),
        ...participation.historyOf(clientIndex),
      }));
  };
  const evaluations = evaluationOf(context, global, { engage, release });
  const activity = createClientActivity({
    board: createActivityBoard(),
    time,
    onChange: () => context.onActivity(runId),
    isWatched: () => context.isWatched(runId),
  });
  const { deterministic, maxUpdateNorm } = options;
  const host = new RoundHost({
    ...{ plan, definition, layout, global, serverState, recorder, evaluations, activity, deterministic },
    ...{ maxUpdateNorm, candidates, engage, release, now },
  });

  const over = host.finished
    .then(async ({ reason, state }) => {
      const { progress } = state;
      const finished: RunFinished = {
        type: 'run-finished',
        // What the machine is told to stop is over for good here: a server that goes down says nothing to it.
        reason: reason === 'interrupted' ? 'user' : reason,
        rounds: progress?.round ?? 0,
        ...(progress?.metrics ? { metrics: progress.metrics } : {}),
        bestRound: progress?.bestRound ?? 0,
        wallMs: progress?.elapsedMs ?? 0,
      };
      await writeRunReport(run, finished);
      await run.append(finished, { durable: true });
      status = finished.reason === 'user' ? 'stopped' : 'finished';
      onEvent(runId, finished);
    })
    .catch((error: unknown) => {
      onFailure(error);
      status = 'failed';
    })
    .then(async () => {
      release(host.state.cohort);
      recorder.close();
      if (graph) blobs.drop(graph);
      await run.close().catch(onFailure);
    });

  await begin(context, host, plan, definition);
  return {
    ...{ runId, options, definition, host, participation, over },
    directory: run.path,
    status: () => (status === 'running' && host.state.pausing ? 'paused' : status),
    failure: () => failure,
    async stop() {
      host.deliver({ type: 'stop-requested' });
      await over;
    },
    async suspend() {
      await host.stop();
      recorder.close();
      await run.close();
    },
  };
}

async function begin(
  { served, options, run, recovered, time, onEvent }: ServedRunContext,
  host: RoundHost,
  plan: RunPlan,
  definition: TaskDefinition,
): Promise<void> {
  const emit = async (event: RunEvent) => {
    await run.append(event, { durable: true });
    onEvent(run.runId, event);
  };
  const restored = recovered && restore(plan, recovered);
  if (restored) {
    await emit({ type: 'run-resumed', time: time(), round: restored.state.progress?.round ?? 0 });
    return host.start(restored);
  }
  const { data, engineName, heldOutCount, text } = served;
  if (text) await run.saveVocabulary(text.vocabulary);
  const isText = data.task === 'next-token';
  const elements = data.featureShape.reduce((product, size) => product * size, 1);
  await emit({
    type: 'run-started',
    runId: run.runId,
    time: time(),
    model: options.model,
    parameterCount: definition.model.parameterCount,
    task: data.task,
    featureShape: data.featureShape,
    classNames: isText ? [] : data.classNames,
    ...(isText ? { vocabularySize: data.classNames.length } : {}),
    ...(text?.coverage === undefined ? {} : { coverage: text.coverage }),
    trainCount: 0,
    heldOutCount,
    exampleBytes: elements * Float32Array.BYTES_PER_ELEMENT,
    rounds: plan.stop.rounds,
    clients: [],
    engine: engineName,
  });
  host.start();
}

/** Where a recovered run goes on; undefined: it has no finished round. */
function restore(plan: RunPlan, { events, openRound }: RecoveredRun): Transition | undefined {
  let progress: RunProgress | null = null;
  let elapsedMs = 0;
  let failures = 0;
  for (const event of events) {
    if (event.type !== 'round-finished') continue;
    elapsedMs += event.wallMs;
    progress = noteRound(plan.stop, progress, event.round, event.metrics ?? null, elapsedMs);
    failures = event.outcome === 'failed' ? failures + 1 : 0;
  }
  if (!progress) return undefined;
  return restoredRun(plan, progress, { failures, ...(openRound ? { open: openRound } : {}) });
}

async function startingParams(
  served: ServedModel,
  run: RunDirectory,
  recovered: RecoveredRun | undefined,
): Promise<Float32Array> {
  const last: RoundFinished | undefined = recovered?.lastRound;
  if (!last) return served.initialParams();
  return readParams(await run.loadModel(last.round), served.trainer.layout, 'the saved model').values;
}

async function startingState(
  strategy: Strategy,
  layout: Layout,
  run: RunDirectory,
  recovered: RecoveredRun | undefined,
): Promise<ServerState> {
  const state = createServerState(strategy, layout);
  const last = recovered?.lastRound;
  if (last && strategy.serverState.length > 0) {
    restoreServerState(state, layout, await run.load('server', last.round));
  }
  return state;
}

function evaluationOf(
  { options, served, availability, now }: ServedRunContext,
  global: Float32Array,
  { engage, release }: Record<'engage' | 'release', (clients: readonly number[]) => void>,
): EvaluationRounds {
  const { evaluation = served.heldOutCount > 0 ? 'server' : 'clients', population, name = '' } = options;
  if (evaluation === 'none') return noEvaluation;
  if (evaluation === 'server') return serverEvaluation(() => served.evaluate(global));
  const { task, classNames } = served.data;
  return clientEvaluation({
    ...{ task, engage, release, now },
    classCount: classNames.length,
    deadlineMs: Math.min(options.deadlineMs, MAX_EVALUATION_MS),
    evaluators(cohort) {
      const able = availability.candidates(name, population).filter(({ heldOutCount }) => heldOutCount > 0);
      const asked = new Set(cohort);
      const first = able.filter(({ clientIndex }) => asked.has(clientIndex));
      const rest = able.filter(({ clientIndex }) => !asked.has(clientIndex));
      return [...first, ...rest]
        .slice(0, Math.max(cohort.length, options.cohort))
        .map(({ clientIndex }) => clientIndex);
    },
  });
}
