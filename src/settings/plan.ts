/** From the settings of a run to its strategy and the rules that end it, simulated or served. */

import type { Task } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { LocalOptimizer } from '../learn/trainer.js';
import type { MetricName, StopRules } from '../round/stopping.js';
import { fedAvg } from '../strategy/fed-avg.js';
import type { Strategy } from '../strategy/strategy.js';
import type { RunSettings } from './run-entries.js';

const METRICS: Readonly<Record<Task, readonly MetricName[]>> = {
  classification: ['accuracy', 'loss'],
  regression: ['loss', 'meanAbsoluteError'],
  'next-token': ['accuracy', 'top3Recall', 'perplexity', 'loss'],
};

/**
 * The strategy that settings name.
 *
 * @throws {ConfigError} when they do not fit each other.
 */
export function strategyOf(settings: RunSettings): Strategy {
  const { samplingRate = 1, cohort, minimumClients, localEpochs, localSteps } = settings;
  const {
    optimizer,
    gradientClippingNorm,
    momentum,
    weightDecay,
    serverLearningRate,
    serverMomentum,
    batchSize,
    learningRate,
    reports,
  } = settings;
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
    ...(serverMomentum === undefined ? {} : { serverMomentum }),
  });
}

function localOptimizer(name: NonNullable<RunSettings['optimizer']>): LocalOptimizer {
  return name === 'nesterov' ? { type: 'sgd', nesterov: true } : { type: name };
}

/**
 * The rules that end a run.
 *
 * @throws {ConfigError} when the target is no metric of the task.
 */
export function stopRulesOf(settings: RunSettings, task: Task): StopRules {
  const { rounds, evaluateEvery, target, plateau, maxSeconds, stopWhen } = settings;
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
