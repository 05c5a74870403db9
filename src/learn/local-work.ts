/** Checks what a client is asked to do, before anything is trained. */
import { ConfigError } from '../errors.js';
import type { LocalOptimizer, LocalWork } from './trainer.js';

const optimizerTypes: readonly string[] = ['sgd', 'adagrad', 'rmsprop', 'adam', 'adamw'];

/**
 * Checks every number of `work`. A learning rate of 0 is allowed: a schedule may end there.
 *
 * @throws {ConfigError} naming the first number out of its range.
 */
export function checkWork(work: LocalWork): void {
  const { amount, batchSize, learningRate, momentum, weightDecay, optimizer } = work;
  const { gradientClippingNorm, exampleClippingNorm, proximalTerm = 0 } = work;
  if ('steps' in amount) checkCount('localSteps', amount.steps);
  else checkCount('localEpochs', amount.epochs);
  if (batchSize !== 'full') checkCount('batchSize', batchSize);
  checkRange('learningRate', learningRate, 'a finite number of at least 0', learningRate < Infinity);
  checkRange('momentum', momentum, 'from 0 to below 1', momentum < 1);
  checkRange('weightDecay', weightDecay, 'a finite number of at least 0', weightDecay < Infinity);
  checkRange('proximalTerm', proximalTerm, 'a finite number of at least 0', proximalTerm < Infinity);
  if (work.accumulateSteps !== undefined) checkCount('accumulateSteps', work.accumulateSteps);
  if (gradientClippingNorm !== undefined) checkPositive('gradientClippingNorm', gradientClippingNorm);
  if (exampleClippingNorm !== undefined) checkPositive('exampleClippingNorm', exampleClippingNorm);
  if (optimizer) checkOptimizer(optimizer, momentum);
}

function checkOptimizer(optimizer: LocalOptimizer, momentum: number): void {
  const { type } = optimizer;
  if (!optimizerTypes.includes(type)) {
    throw new ConfigError(`optimizer must be one of ${optimizerTypes.join(', ')}, got "${type}"`);
  }
  if (momentum > 0 && type !== 'sgd' && type !== 'rmsprop') {
    throw new ConfigError(`momentum must be 0 where the optimizer is ${type}, got ${momentum}`);
  }
  if (type === 'sgd') {
    if (optimizer.nesterov && momentum === 0) {
      throw new ConfigError('momentum must be above 0 where the optimizer is nesterov, got 0');
    }
    return;
  }
  if (optimizer.epsilon !== undefined) checkPositive('epsilon', optimizer.epsilon);
  if (type === 'rmsprop') checkDecays({ decay: optimizer.decay });
  if (type === 'adam' || type === 'adamw') checkDecays({ beta1: optimizer.beta1, beta2: optimizer.beta2 });
}

function checkDecays(decays: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(decays)) {
    if (value !== undefined) checkRange(name, value, 'from 0 to below 1', value < 1);
  }
}

function checkPositive(argument: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new ConfigError(`${argument} must be a positive finite number, got ${value}`);
  }
}

function checkCount(argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${argument} must be a positive integer, got ${value}`);
  }
}

function checkRange(argument: string, value: number, range: string, belowUpperEnd: boolean): void {
  if (!(value >= 0 && belowUpperEnd)) throw new ConfigError(`${argument} must be ${range}, got ${value}`);
}
