/** From settings to the plan that the round's state machine follows. */

import type { Task } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { LocalOptimizer } from '../learn/trainer.js';
import type { RunPlan } from '../round/round.js';
import type { MetricName, StopRules } from '../round/stopping.js';
import { cohortSizeOf } from '../strategy/cohort.js';
import { fedAvg } from '../strategy/fed-avg.js';
import type { Strategy } from '../strategy/strategy.js';
import type { ResolvedOptions } from './options.js';

const METRICS: Readonly<Record<Task, readonly MetricName[]>> = {
  classification: ['accuracy', 'loss'],
  regression: ['loss', 'meanAbsoluteError'],
  'next-token': ['accuracy', 'top3Recall', 'perplexity', 'loss'],
};

/**
 * The plan of a run over clients 0 to `clientCount` - 1.
 *
 * @throws {ConfigError} when settings do not fit each other or the data.
 */
export function planRun(options: ResolvedOptions, clientCount: number, task: Task): RunPlan {
  if (options.compare.includes('ngram') && task !== 'next-token') {
    throw new ConfigError(`compare may hold ngram for next-token only, got it for ${task}`);
  }
  const strategy = createStrategy(options);
  const size = cohortSizeOf(strategy.cohort, clientCount);
  if (strategy.minimumClients > size) {
    throw new ConfigError(
      `minimumClients must be at most the size of a cohort, ${size}, got ${strategy.minimumClients}`,
    );
  }
  return {
    strategy,
    stop: stopRules(options, task),
    population: Array.from({ length: clientCount }, (_, clientId) => clientId),
    seed: options.seed,
  };
}

function createStrategy(options: ResolvedOptions): Strategy {
  const { samplingRate = 1, cohort, minimumClients, localEpochs, localSteps } = options;
  const {
    optimizer,
    gradientClippingNorm,
    momentum,
    weightDecay,
    serverLearningRate,
    batchSize,
    learningRate,
    reports,
  } = options;
  return fedAvg({
    cohort: cohort === undefined ? { samplingRate } : { cohortSize: cohort },
    batchSize,
    learningRate,
    reports,
    ...(minimumClients === undefined ? {} : { minimumClients }),
    ...(localEpochs === undefined ? {} : { localEpochs }),
    ...(localSteps === undefined ? {} : { localSteps }),
    ...(optimizer === undefined ? {} : { optimizer: localOptimizer(optimizer) }),
    ...(gradientClippingNorm === undefined ? {} : { gradientClippingNorm }),
    ...(momentum === undefined ? {} : { momentum }),
    ...(weightDecay === undefined ? {} : { weightDecay }),
    ...(serverLearningRate === undefined ? {} : { serverLearningRate }),
  });
}

function localOptimizer(name: NonNullable<ResolvedOptions['optimizer']>): LocalOptimizer {
  return name === 'nesterov' ? { type: 'sgd', nesterov: true } : { type: name };
}

function stopRules(options: ResolvedOptions, task: Task): StopRules {
  const { rounds, evaluateEvery, target, plateau, maxSeconds, stopWhen } = options;
  const own: MetricName = task === 'regression' ? 'loss' : 'accuracy';
  if (target && !METRICS[task].includes(target.metric)) {
    throw new ConfigError(`target must be ${METRICS[task].join(', ')} for ${task}, got ${target.metric}`);
  }
  return {
    rounds,
    metric: own,
    ...(evaluateEvery === undefined ? {} : { evaluateEvery }),
    ...(target ? { target } : {}),
    ...(plateau ? { plateau } : {}),
    ...(maxSeconds === undefined ? {} : { wallMs: maxSeconds * 1000 }),
    ...(stopWhen ? { when: stopWhen } : {}),
  };
}
