/** A client's part of a round: train from the global model or evaluate it, and check what the trainer gives back. */
import type { Examples } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { EvaluationSums, LocalWork, Trainer, TrainResult } from '../learn/trainer.js';
import { allFinite } from '../params/arithmetic.js';
import { copyEntries } from '../params/copy-entries.js';
import { type LocalPart, takeLocal, withLocal } from './local-part.js';

/** One client's work in one round. */
export interface TrainTask {
  /** The global parameters; not changed. */
  readonly params: Float32Array;
  readonly examples: Examples;
  readonly work: LocalWork;
  readonly seed: number;
  /** What to report: trained parameters, or their difference from the global ones. */
  readonly reports: 'params' | 'update';
  /** What stays with the client; absent: nothing. */
  readonly local?: LocalPart | undefined;
}

/**
 * Trains and writes the report into `out` (as many elements as `params`). What stays with the client is trained too,
 * from its own values, which change; in the report stand the global ones, so that nothing of it leaves and a mean
 * over clients leaves them as they are.
 *
 * @throws {ConfigError} when the trainer gives back something else than a result, its loss is not finite, or what
 *   stays would not be.
 */
export async function runTrainTask(
  trainer: Trainer,
  task: TrainTask,
  out: Float32Array,
): Promise<TrainResult> {
  const { params, examples, work, seed, reports, local } = task;
  // A trainer that writes nothing must not pass off what an earlier client left here as its own.
  out.fill(Number.NaN);
  const result: TrainResult | undefined = await trainer.train(
    local ? withLocal(params, local) : params,
    examples,
    work,
    seed,
    out,
  );
  checkResult(result);
  if (local) {
    // A report of such values is refused: the client must not go on from them alone.
    if (!allFinite(out)) throw new ConfigError('trained parameters must stay finite, got NaN or infinity');
    takeLocal(out, local);
    copyEntries(local.entries, params, out);
  }
  if (reports === 'update') {
    for (let index = 0; index < out.length; index++)
      out[index] = (out[index] as number) - (params[index] as number);
  }
  return result;
}

/**
 * Evaluates the global model on a client's examples, with what stays with the client in its place.
 *
 * @throws {ConfigError} when the trainer gives back something else than sums over these examples.
 */
export async function runEvaluationTask(
  trainer: Trainer,
  params: Float32Array,
  examples: Examples,
  local?: LocalPart,
): Promise<EvaluationSums> {
  const own = local ? withLocal(params, local) : params;
  const sums: EvaluationSums | undefined = await trainer.evaluate(own, examples);
  const exampleCount = examples.indices.length;
  const { task, classNames } = examples.dataset;
  const classCount = task === 'classification' ? classNames.length : 0;
  // A model that diverged has a loss that is no number: that is a metric like any other.
  const fits =
    sums?.exampleCount === exampleCount &&
    sums.confusion?.length === classCount ** 2 &&
    typeof sums.lossSum === 'number' &&
    typeof sums.absoluteErrorSum === 'number' &&
    (task !== 'next-token' || areCounts(sums.tokens));
  if (fits) return sums;
  const of = task === 'next-token' ? 'with counts of tokens' : `of ${classCount} classes`;
  throw new ConfigError(
    `the trainer must give back sums over ${exampleCount} examples ${of} when it evaluates, got ${show(sums)}`,
  );
}

function areCounts(tokens: EvaluationSums['tokens']): boolean {
  return [tokens?.count, tokens?.top1, tokens?.top3].every((value) => Number.isSafeInteger(value));
}

function checkResult(result: TrainResult | undefined): asserts result is TrainResult {
  const fits =
    Number.isSafeInteger(result?.exampleCount) &&
    Number.isSafeInteger(result?.steps) &&
    (result?.steps ?? 0) >= 0 &&
    typeof result?.loss === 'number';
  if (!fits) {
    throw new ConfigError(`the trainer must give back exampleCount, steps and loss, got ${show(result)}`);
  }
  if (!Number.isFinite(result?.loss)) {
    throw new ConfigError(`the training loss must stay finite, got ${result?.loss}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
