/** What a served run writes down: events, models, and the figures of the round under way. */
import type { Params } from '../params/layout.js';
import type { BlobReference, UpdateMetadata } from '../protocol/messages.js';
import type { FederatedMetrics, Metrics, RoundFinished, RunEvent } from '../round/run-events.js';
import type { RunState } from '../round/run-state.js';
import { isEvaluated, type RunProgress, type StopRules } from '../round/stopping.js';
import { publishRound, type RoundListener, type RoundTally, startTally } from '../store/publish-round.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { BlobStore } from './blobs.js';
import { createLineQueue, type LinePatience } from './line-queue.js';
import { traced } from './tracing.js';

/** As `RoundFinished` has them. */
export interface RoundMetrics {
  readonly metrics: Metrics;
  readonly federated?: FederatedMetrics;
}

/** What a recorder stands on. */
export interface RecorderContext {
  readonly run: RunDirectory;
  readonly blobs: BlobStore;
  readonly modelBytes: number;
  /** What the strategy keeps between rounds, as it is saved; undefined: nothing. */
  serverState(): Params | undefined;
  /** Every event, when it is in the log. */
  onEvent(event: RunEvent): void;
  /** Something could not be written: the run cannot go on. */
  onFailure(error: unknown): void;
  /** Milliseconds since 1970. */
  time(): number;
}

/** What a cohort was asked for, and how many could have been asked. */
interface Asked {
  readonly goal: number;
  readonly deadlineMs: number | undefined;
  readonly availableCount: number | undefined;
}

export interface RoundRecorder {
  began(round: number, cohort: readonly number[], more: Asked): void;
  trained(round: number, clientId: number, metadata: UpdateMetadata): void;
  failed(round: number, clientId: number, reason: string): void;
  surplus(count: number): void;
  failedRound(reason: string): void;
  /** Offers the model to clients, in place of the one before the last. */
  offer(bytes: Uint8Array): BlobReference;
  isEvaluated(rules: StopRules, round: number, progress: RunProgress | null): boolean;
  /** Writes the round down, durably; `noted` hears of it then, and returns the best round so far. */
  finished(
    round: number,
    model: Uint8Array,
    found: RoundMetrics | null,
    state: RunState,
    noted: (event: RoundFinished) => number,
  ): Promise<void>;
  /** Withdraws the models from clients, and writes what is still to be written. */
  close(): Promise<void>;
}

/** Models that clients may still be fetching when there is a newer one. */
const KEPT_MODELS = 2;

export function createRoundRecorder(context: RecorderContext): RoundRecorder {
  const { run, blobs, modelBytes, serverState, onEvent, onFailure, time } = context;
  const offered: BlobReference[] = [];
  let tally: RoundTally = startTally(0);

  const lines = createLineQueue(async (events, durable) => {
    await run.appendAll(events, { durable });
    for (const event of events) onEvent(event);
  });
  const log = (event: RunEvent, patience?: LinePatience) => void lines.add(event, patience).catch(onFailure);

  return {
    began(round, cohort, { goal, deadlineMs, availableCount }) {
      tally = startTally(cohort.length);
      const deadline = deadlineMs === undefined ? {} : { deadlineMs };
      const available = availableCount === undefined ? {} : { availableCount };
      log({ type: 'round-started', round, time: time(), cohort, goal, ...deadline, ...available });
    },
    trained(round, clientId, { exampleCount, steps, loss, trainMs }) {
      tally.trained++;
      tally.exampleCount += exampleCount;
      tally.lossSum += loss * exampleCount;
      // One write for many: each would cost as much as a check of a signature.
      log({ type: 'client-trained', round, clientId, exampleCount, steps, loss, trainMs }, 'can-wait');
    },
    failed(round, clientId, reason) {
      log({ type: 'client-failed', round, clientId, reason });
    },
    surplus(count) {
      tally.surplus = count;
    },
    failedRound(reason) {
      tally.failure = reason;
    },
    offer(bytes) {
      const model = blobs.add(bytes, 'application/vnd.safetensors');
      offered.push(model);
      for (const old of offered.splice(0, offered.length - KEPT_MODELS)) blobs.drop(old);
      return model;
    },
    isEvaluated: (rules, round, progress) =>
      isEvaluated(rules, round, (progress?.elapsedMs ?? 0) + performance.now() - tally.startedAt),
    async finished(round, model, found, { failed }, noted) {
      tally.failed = failed.length;
      const outcome = {
        ...{ round, tally, model },
        modelSha256: offered.at(-1)?.sha256,
        found: found ?? undefined,
        server: serverState(),
        downBytes: tally.cohortSize * modelBytes,
        upBytes: tally.trained * modelBytes,
      };
      const listener: RoundListener = {
        emit: (event) => lines.add(event, 'durable'),
        noted(event) {
          // Before the machine begins the next round: of what it then hears, all counts for that one.
          tally = startTally(0);
          return noted(event);
        },
      };
      const attributes = { 'tessera.run': run.runId, 'tessera.round': round };
      await traced('publish round', attributes, () => publishRound(run, outcome, listener));
    },
    async close() {
      for (const model of offered.splice(0)) blobs.drop(model);
      await lines.flush();
    },
  };
}
