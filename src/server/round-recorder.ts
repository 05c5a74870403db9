/** What a served run writes down: events, models, and the figures of the round under way. */
import type { BlobReference, UpdateMetadata } from '../protocol/messages.js';
import type { FederatedMetrics, Metrics, RunEvent } from '../round/run-events.js';
import type { RunState } from '../round/run-state.js';
import { isEvaluated, type RunProgress, type StopRules } from '../round/stopping.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { BlobStore } from './blobs.js';

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
  /** Every event, when it is in the log. */
  onEvent(event: RunEvent): void;
  /** Something could not be written: the run cannot go on. */
  onFailure(error: unknown): void;
  /** Milliseconds of any origin, and since 1970. */
  now(): number;
  time(): number;
}

export interface RoundRecorder {
  began(round: number, cohort: readonly number[], goal: number, deadlineMs: number | undefined): void;
  trained(round: number, clientId: number, metadata: UpdateMetadata): void;
  failed(round: number, clientId: number, reason: string): void;
  surplus(count: number): void;
  failedRound(reason: string): void;
  /** Offers the model to clients, in place of the one before the last. */
  offer(bytes: Uint8Array): BlobReference;
  isEvaluated(rules: StopRules, round: number, progress: RunProgress | null): boolean;
  /** Writes the round down, durably; returns how long the run has taken. */
  finished(
    round: number,
    bytes: Uint8Array,
    model: BlobReference,
    found: RoundMetrics | null,
    state: RunState,
  ): Promise<number>;
  dropModels(round: number, progress: RunProgress | null): Promise<void>;
  /** Withdraws the models from clients. */
  close(): void;
}

/** Models that clients may still be fetching when there is a newer one. */
const KEPT_MODELS = 2;

export function createRoundRecorder(context: RecorderContext): RoundRecorder {
  const { run, blobs, modelBytes, onEvent, onFailure, now, time } = context;
  const offered: BlobReference[] = [];
  let tally = emptyTally(now());

  const append = async (event: RunEvent, durable: boolean) => {
    await run.append(event, { durable });
    onEvent(event);
  };
  const log = (event: RunEvent) => void append(event, false).catch(onFailure);

  return {
    began(round, cohort, goal, deadlineMs) {
      tally = emptyTally(now());
      const deadline = deadlineMs === undefined ? {} : { deadlineMs };
      log({ type: 'round-started', round, time: time(), cohort, goal, ...deadline });
    },
    trained(round, clientId, { exampleCount, steps, loss, trainMs }) {
      tally.trained++;
      tally.exampleCount += exampleCount;
      tally.lossSum += loss * exampleCount;
      log({ type: 'client-trained', round, clientId, exampleCount, steps, loss, trainMs });
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
      isEvaluated(rules, round, (progress?.elapsedMs ?? 0) + now() - tally.startedAt),
    async finished(round, bytes, model, found, state) {
      await run.saveModel(round, bytes);
      const wallMs = now() - tally.startedAt;
      const { cohort, failed } = state;
      const event: RunEvent = {
        type: 'round-finished',
        round,
        outcome: tally.failure === undefined ? 'aggregated' : 'failed',
        ...(tally.failure === undefined ? {} : { reason: tally.failure }),
        cohortSize: cohort.length,
        trainedCount: tally.trained,
        failedCount: failed.length,
        ...(tally.surplus > 0 ? { surplusCount: tally.surplus } : {}),
        ...(tally.exampleCount > 0 ? { trainLoss: tally.lossSum / tally.exampleCount } : {}),
        ...found,
        downBytes: cohort.length * modelBytes,
        upBytes: tally.trained * modelBytes,
        wallMs,
        modelSha256: model.sha256,
      };
      await append(event, true);
      tally = emptyTally(now());
      return (state.progress?.elapsedMs ?? 0) + wallMs;
    },
    dropModels: (round, progress) => run.dropModels([round, progress?.bestRound ?? round]),
    close() {
      for (const model of offered.splice(0)) blobs.drop(model);
    },
  };
}

interface Tally {
  readonly startedAt: number;
  trained: number;
  exampleCount: number;
  lossSum: number;
  surplus: number;
  failure: string | undefined;
}

function emptyTally(startedAt: number): Tally {
  return { startedAt, trained: 0, exampleCount: 0, lossSum: 0, surplus: 0, failure: undefined };
}
