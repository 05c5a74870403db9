/** Counting of what a model gets right: sums over examples, which add up exactly across parts. */
import type { EvaluationSums, TokenSums } from './trainer.js';

/** Sums under way. */
export interface Tally {
  exampleCount: number;
  lossSum: number;
  absoluteErrorSum: number;
  readonly confusion: number[];
  tokens?: TokenSums;
}

/** An empty tally; `classCount` is 0 where nothing is classified. */
export function emptyTally(classCount: number): Tally {
  const confusion = new Array<number>(classCount * classCount).fill(0);
  return { exampleCount: 0, lossSum: 0, absoluteErrorSum: 0, confusion };
}

/** Adds the sums of a part. */
export function addSums(tally: Tally, part: EvaluationSums): void {
  tally.exampleCount += part.exampleCount;
  tally.lossSum += part.lossSum;
  tally.absoluteErrorSum += part.absoluteErrorSum;
  if (part.tokens) addTokens(tally, part.tokens);
  part.confusion.forEach((count, cell) => {
    tally.confusion[cell] = (tally.confusion[cell] ?? 0) + count;
  });
}

/** Adds counts of tokens found. */
export function addTokens(tally: Tally, { count, top1, top3 }: TokenSums): void {
  const { tokens } = tally;
  tally.tokens = tokens
    ? { count: tokens.count + count, top1: tokens.top1 + top1, top3: tokens.top3 + top3 }
    : { count, top1, top3 };
}

/**
 * Counts the predictions of a batch of classifications.
 *
 * @param outputs [rows, width]: the class with the largest output is predicted; with a width of 1, class 1
 *   where the output (a logit) is positive
 * @param ignoredLabel the label of rows that are no examples: they are neither counted nor among `exampleCount`
 */
export function countPredictions(
  tally: Tally,
  outputs: Float32Array,
  labels: Float32Array | Int32Array,
  rows: number,
  ignoredLabel?: number,
): void {
  const width = outputs.length / rows;
  const classCount = Math.max(width, 2);
  for (let row = 0; row < rows; row++) {
    if (ignoredLabel !== undefined && labels[row] === ignoredLabel) {
      tally.exampleCount--;
      continue;
    }
    const predicted = width === 1 ? Number((outputs[row] ?? 0) > 0) : largest(outputs, row * width, width);
    const cell = (labels[row] ?? 0) * classCount + predicted;
    tally.confusion[cell] = (tally.confusion[cell] ?? 0) + 1;
  }
}

/** Sums the absolute errors of a batch of regressions; `outputs` is [rows, 1]. */
export function countErrors(tally: Tally, outputs: Float32Array, labels: Float32Array | Int32Array): void {
  for (let row = 0; row < outputs.length; row++) {
    tally.absoluteErrorSum += Math.abs((outputs[row] ?? 0) - (labels[row] ?? 0));
  }
}

function largest(outputs: Float32Array, start: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) {
    if ((outputs[start + index] as number) > (outputs[start + best] as number)) best = index;
  }
  return best;
}
