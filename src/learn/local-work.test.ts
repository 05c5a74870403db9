/** The ranges of a client's work. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { checkWork } from './local-work.js';
import type { LocalWork } from './trainer.js';

const good: LocalWork = {
  amount: { epochs: 1 },
  batchSize: 10,
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};

describe('checkWork', () => {
  it('accepts the ends of every range', () => {
    checkWork(good);
    checkWork({ ...good, amount: { steps: 1 }, batchSize: 'full', learningRate: 0 });
    checkWork({ ...good, batchSize: 1, momentum: 0.999, weightDecay: 100 });
    checkWork({
      ...good,
      momentum: 0.9,
      optimizer: { type: 'sgd', nesterov: true },
      gradientClippingNorm: 5,
    });
    checkWork({ ...good, momentum: 0.9, optimizer: { type: 'rmsprop', decay: 0 } });
    checkWork({ ...good, optimizer: { type: 'adamw', beta1: 0, beta2: 0.5, epsilon: 1 } });
  });

  it.each<[Partial<LocalWork>, string]>([
    [{ amount: { epochs: 0 } }, 'localEpochs must be a positive integer, got 0'],
    [{ amount: { steps: 1.5 } }, 'localSteps must be a positive integer, got 1.5'],
    [{ batchSize: 0 }, 'batchSize must be a positive integer, got 0'],
    [{ batchSize: Number.NaN }, 'batchSize must be a positive integer, got NaN'],
    [{ learningRate: -0.1 }, 'learningRate must be a finite number of at least 0, got -0.1'],
    [{ learningRate: Infinity }, 'learningRate must be a finite number of at least 0, got Infinity'],
    [{ learningRate: Number.NaN }, 'learningRate must be a finite number of at least 0, got NaN'],
    [{ momentum: 1 }, 'momentum must be from 0 to below 1, got 1'],
    [{ momentum: -0.5 }, 'momentum must be from 0 to below 1, got -0.5'],
    [{ accumulateSteps: 0 }, 'accumulateSteps must be a positive integer, got 0'],
    [{ proximalTerm: -1 }, 'proximalTerm must be a finite number of at least 0, got -1'],
    [{ exampleClippingNorm: Infinity }, 'exampleClippingNorm must be a positive finite number, got Infinity'],
    [{ gradientClippingNorm: 0 }, 'gradientClippingNorm must be a positive finite number, got 0'],
    [
      { optimizer: { type: 'sgd', nesterov: true } },
      'momentum must be above 0 where the optimizer is nesterov, got 0',
    ],
    [
      { momentum: 0.9, optimizer: { type: 'adam' } },
      'momentum must be 0 where the optimizer is adam, got 0.9',
    ],
    [{ optimizer: { type: 'adam', beta2: 1 } }, 'beta2 must be from 0 to below 1, got 1'],
    [{ optimizer: { type: 'rmsprop', decay: -1 } }, 'decay must be from 0 to below 1, got -1'],
    [{ optimizer: { type: 'adagrad', epsilon: 0 } }, 'epsilon must be a positive finite number, got 0'],
    [
      { optimizer: { type: 'lion' } as never },
      'optimizer must be one of sgd, adagrad, rmsprop, adam, adamw, got "lion"',
    ],
    [{ weightDecay: -1 }, 'weightDecay must be a finite number of at least 0, got -1'],
  ])('refuses %o', (change, message) => {
    expect(() => checkWork({ ...good, ...change })).toThrow(new ConfigError(message));
  });
});
