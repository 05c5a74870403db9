/** A client's part of a round: train from the global model, check what came out, report it. */
import type { Examples } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { LocalWork, Trainer, TrainResult } from '../learn/trainer.js';

/** One client's work in one round. */
export interface TrainTask {
  /** The global parameters; not changed. */
  readonly params: Float32Array;
  readonly examples: Examples;
  readonly work: LocalWork;
  readonly seed: number;
  /** What to report: trained parameters, or their difference from the global ones. */
  readonly reports: 'params' | 'update';
}

/**
 * Trains and writes the report into `out` (as many elements as `params`).
 *
 * @throws {ConfigError} when the trainer gives back something else than a result.
 */
export async function runTrainTask(
  trainer: Trainer,
  task: TrainTask,
  out: Float32Array,
): Promise<TrainResult> {
  const { params, examples, work, seed, reports } = task;
  // A trainer that writes nothing must not pass off what an earlier client left here as its own.
  out.fill(Number.NaN);
  const result: TrainResult | undefined = await trainer.train(params, examples, work, seed, out);
  if (!Number.isSafeInteger(result?.exampleCount) || !Number.isFinite(result.loss)) {
    throw new ConfigError(
      `the trainer must give back exampleCount and a finite loss, got ${JSON.stringify(result)}`,
    );
  }
  if (reports === 'update') {
    for (let index = 0; index < out.length; index++)
      out[index] = (out[index] as number) - (params[index] as number);
  }
  return result;
}
