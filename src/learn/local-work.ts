/** Checks what a client is asked to do, before anything is trained. */
import { ConfigError } from '../errors.js';
import type { LocalWork } from './trainer.js';

/**
 * Checks every number of `work`. A learning rate of 0 is allowed: a schedule may end there.
 *
 * @throws {ConfigError} naming the first number out of its range.
 */
export function checkWork({ amount, batchSize, learningRate, momentum, weightDecay }: LocalWork): void {
  if ('steps' in amount) checkCount('localSteps', amount.steps);
  else checkCount('localEpochs', amount.epochs);
  if (batchSize !== 'full') checkCount('batchSize', batchSize);
  checkRange('learningRate', learningRate, 'a finite number of at least 0', learningRate < Infinity);
  checkRange('momentum', momentum, 'from 0 to below 1', momentum < 1);
  checkRange('weightDecay', weightDecay, 'a finite number of at least 0', weightDecay < Infinity);
}

function checkCount(argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${argument} must be a positive integer, got ${value}`);
  }
}

function checkRange(argument: string, value: number, range: string, belowUpperEnd: boolean): void {
  if (!(value >= 0 && belowUpperEnd)) throw new ConfigError(`${argument} must be ${range}, got ${value}`);
}
