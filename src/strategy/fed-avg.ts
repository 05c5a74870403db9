/** Federated averaging: McMahan et al. 2017, arXiv 1602.05629, algorithm 1. */
import { ConfigError } from '../errors.js';
import type { CohortRule } from './cohort.js';
import { positiveValueAt, type Schedule } from './schedule.js';
import type { Strategy } from './strategy.js';

/** Settings of `fedAvg`; what is left out has the default in brackets. */
export interface FedAvgOptions {
  /** Who takes part in a round: the paper's C as `samplingRate`, or a `cohortSize` [everybody]. */
  readonly cohort?: CohortRule;
  /** A round with fewer results fails [1]. */
  readonly minimumClients?: number;
  /** Passes over the client's examples, the paper's E [1]. Not together with `localSteps`. */
  readonly localEpochs?: Schedule;
  /** Mini-batch steps in place of epochs. */
  readonly localSteps?: Schedule;
  /** Examples a step, the paper's B; `full` for all in one [10]. */
  readonly batchSize?: number | 'full';
  /** Step size of local SGD [0.1]. */
  readonly learningRate?: Schedule;
  /** Of local SGD, 0 to below 1 [0]. */
  readonly momentum?: number;
  /** L2 penalty of local SGD, 0 or more [0]. */
  readonly weightDecay?: number;
  /** What clients send back [params]. */
  readonly reports?: 'params' | 'update';
  /** Factor of the mean update, with `reports: 'update'` only [1]. */
  readonly serverLearningRate?: number;
}

/**
 * The mean of the clients' models, weighted by their numbers of examples.
 *
 * @throws {ConfigError} naming the option that is out of range.
 */
export function fedAvg(options: FedAvgOptions = {}): Strategy {
  const {
    cohort = { samplingRate: 1 },
    minimumClients = 1,
    localEpochs = 1,
    localSteps,
    batchSize = 10,
    learningRate = 0.1,
    momentum = 0,
    weightDecay = 0,
    reports = 'params',
    serverLearningRate = 1,
  } = options;
  if (options.localEpochs !== undefined && localSteps !== undefined) {
    throw new ConfigError('localSteps must be left out where localEpochs is given, got both');
  }
  if (batchSize !== 'full') check('batchSize', batchSize, Number.isSafeInteger(batchSize) && batchSize > 0);
  check('minimumClients', minimumClients, Number.isSafeInteger(minimumClients) && minimumClients > 0);
  checkRange('momentum', momentum, momentum >= 0 && momentum < 1, 'from 0 to below 1');
  checkRange('weightDecay', weightDecay, weightDecay >= 0 && weightDecay < Infinity, '0 or more and finite');
  const positive = serverLearningRate > 0 && serverLearningRate < Infinity;
  checkRange('serverLearningRate', serverLearningRate, positive, 'positive and finite');
  if (reports === 'params' && serverLearningRate !== 1) {
    throw new ConfigError(
      `serverLearningRate must be 1 where clients report params, got ${serverLearningRate}`,
    );
  }
  const strategy: Strategy = {
    name: 'fedavg',
    cohort,
    minimumClients,
    reports,
    work: (round) => ({
      amount:
        localSteps !== undefined
          ? { steps: positiveValueAt('localSteps', localSteps, round, true) }
          : { epochs: positiveValueAt('localEpochs', localEpochs, round, true) },
      batchSize,
      learningRate: positiveValueAt('learningRate', learningRate, round, false),
      momentum,
      weightDecay,
    }),
    apply(global, mean) {
      if (reports === 'params') global.set(mean);
      else addScaled(global, mean, serverLearningRate);
    },
  };
  strategy.work(1);
  return Object.freeze(strategy);
}

function addScaled(target: Float32Array, update: Float32Array, factor: number): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] as number) + factor * (update[index] as number);
  }
}

function check(argument: string, value: unknown, fits: boolean): void {
  checkRange(argument, value, fits, 'a positive integer');
}

function checkRange(argument: string, value: unknown, fits: boolean, expected: string): void {
  if (!fits) throw new ConfigError(`${argument} must be ${expected}, got ${value}`);
}
