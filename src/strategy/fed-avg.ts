/**
 * Federated averaging: McMahan et al. 2017, arXiv 1602.05629, algorithm 1; with momentum of the server, FedAvgM: Hsu,
 * Qi and Brown 2019, arXiv 1909.06335, section 4.3.
 */
import { ConfigError } from '../errors.js';
import { checkWork } from '../learn/local-work.js';
import type { LocalOptimizer } from '../learn/trainer.js';
import type { CohortRule } from './cohort.js';
import { positiveValueAt, type Schedule, valueAt } from './schedule.js';
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
  /** How local gradients move parameters [sgd]; what it remembers starts anew in every round. */
  readonly optimizer?: LocalOptimizer;
  /** Bound on the L2 norm of each local gradient [none]. */
  readonly gradientClippingNorm?: number;
  /** What clients send back [params]. */
  readonly reports?: 'params' | 'update';
  /** Factor of the mean update, with `reports: 'update'` only [1]. */
  readonly serverLearningRate?: number;
  /**
   * Share of the server's last step that goes into its next one, with `reports: 'update'` only, 0 to below 1 [0]. The
   * steps of clients that pull one way add up over rounds, those that pull apart do not, so that clients can take
   * smaller ones.
   */
  readonly serverMomentum?: Schedule;
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
    optimizer,
    gradientClippingNorm,
    reports = 'params',
    serverLearningRate = 1,
    serverMomentum = 0,
  } = options;
  if (options.localEpochs !== undefined && localSteps !== undefined) {
    throw new ConfigError('localSteps must be left out where localEpochs is given, got both');
  }
  if (!(Number.isSafeInteger(minimumClients) && minimumClients > 0)) {
    throw new ConfigError(`minimumClients must be a positive integer, got ${minimumClients}`);
  }
  if (!(serverLearningRate > 0 && serverLearningRate < Infinity)) {
    throw new ConfigError(`serverLearningRate must be positive and finite, got ${serverLearningRate}`);
  }
  if (reports === 'params' && serverLearningRate !== 1) {
    throw new ConfigError(
      `serverLearningRate must be 1 where clients report params, got ${serverLearningRate}`,
    );
  }
  if (reports === 'params' && serverMomentum !== 0) {
    throw new ConfigError('serverMomentum must be left out where clients report params, got both');
  }
  momentumAt(serverMomentum, 1);
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
      ...(optimizer === undefined ? {} : { optimizer }),
      ...(gradientClippingNorm === undefined ? {} : { gradientClippingNorm }),
    }),
    serverState: serverMomentum === 0 ? [] : ['momentum'],
    apply(global, mean, { momentum: velocity }, round) {
      if (reports === 'params') return global.set(mean);
      if (!velocity) return addScaled(global, mean, serverLearningRate);
      const share = momentumAt(serverMomentum, round);
      for (let index = 0; index < velocity.length; index++) {
        velocity[index] = share * (velocity[index] as number) + (mean[index] as number);
      }
      addScaled(global, velocity, serverLearningRate);
    },
  };
  checkWork(strategy.work(1));
  return Object.freeze(strategy);
}

function momentumAt(schedule: Schedule, round: number): number {
  const value = valueAt(schedule, round);
  if (value >= 0 && value < 1) return value;
  throw new ConfigError(`serverMomentum must be from 0 to below 1 in round ${round}, got ${value}`);
}

function addScaled(target: Float32Array, update: Float32Array, factor: number): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] as number) + factor * (update[index] as number);
  }
}
