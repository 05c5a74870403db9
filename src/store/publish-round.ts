/** What a round leaves in its run: the model, one line of the log, no more models than are needed. */
import type { Params } from '../params/layout.js';
import { encodeSafetensors } from '../params/safetensors.js';
import type { RoundFinished } from '../round/run-events.js';
import type { RunDirectory } from './run-directory.js';
import type { RoundFolder } from './stored-run.js';

/** What a round has brought, while it runs. */
export interface RoundTally {
  /** By `performance.now()`. */
  readonly startedAt: number;
  readonly cohortSize: number;
  trained: number;
  failed: number;
  /** Clients that had not answered when the round had enough. */
  surplus: number;
  /** Over the clients that have trained: their examples, and their losses times their examples. */
  exampleCount: number;
  lossSum: number;
  /** Why the round failed; undefined where it did not. */
  failure: string | undefined;
}

/** A round that is over. */
export interface RoundOutcome extends Pick<RoundFinished, 'round' | 'downBytes' | 'upBytes'> {
  readonly tally: RoundTally;
  /** What was found of the model; absent where it was not evaluated. */
  readonly found?: Pick<RoundFinished, 'metrics' | 'federated'> | undefined;
  /** The file of the model after the round, and its SHA-256 (hexadecimal) where it is known. */
  readonly model: Uint8Array;
  readonly modelSha256?: string | undefined;
  /** What stays with the clients; absent: nothing. */
  readonly local?: Params | undefined;
  /** What the strategy keeps between rounds; absent: nothing. */
  readonly server?: Params | undefined;
}

/** Who hears of the round, in this order. */
export interface RoundListener {
  /** Writes the event to the log, and waits until it is on the disk. */
  emit(event: RoundFinished): Promise<void>;
  /** Hears of what is in the log now; returns the round with the best model so far, which is kept too. */
  noted(event: RoundFinished): number;
}

/** The tally of a round that starts now. */
export function startTally(cohortSize: number): RoundTally {
  const startedAt = performance.now();
  const counts = { trained: 0, failed: 0, surplus: 0, exampleCount: 0, lossSum: 0 };
  return { startedAt, cohortSize, ...counts, failure: undefined };
}

/**
 * Saves the model of a round, then logs the round, then drops older models: in this order, so that each round in
 * the log has its model wherever a process is killed.
 *
 * @throws {StoreError} when the run cannot be written.
 */
export async function publishRound(
  run: RunDirectory,
  { round, tally, found, model, modelSha256, local, server, downBytes, upBytes }: RoundOutcome,
  { emit, noted }: RoundListener,
): Promise<void> {
  const { startedAt, cohortSize, trained, failed, surplus, exampleCount, lossSum, failure } = tally;
  const { sha256 } = await run.saveModel(round, model, modelSha256);
  const beside = async (folder: RoundFolder, params: Params | undefined) =>
    params && (await run.save(folder, round, encodeSafetensors(params, { round: String(round) }))).sha256;
  const localSha256 = await beside('local', local);
  const serverSha256 = await beside('server', server);
  const event: RoundFinished = {
    type: 'round-finished',
    round,
    outcome: failure === undefined ? 'aggregated' : 'failed',
    ...(failure === undefined ? {} : { reason: failure }),
    cohortSize,
    trainedCount: trained,
    failedCount: failed,
    ...(surplus > 0 ? { surplusCount: surplus } : {}),
    ...(exampleCount > 0 ? { trainLoss: lossSum / exampleCount } : {}),
    ...found,
    downBytes,
    upBytes,
    wallMs: performance.now() - startedAt,
    modelSha256: sha256,
    ...(localSha256 === undefined ? {} : { localSha256 }),
    ...(serverSha256 === undefined ? {} : { serverSha256 }),
  };
  await emit(event);
  // The next round has begun with this, and may be as far as its own model.
  await run.dropModels([round, noted(event)], round);
}
