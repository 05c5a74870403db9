/** A server that asks for more than was agreed is refused, in the words of what it asks. */
import { describe, expect, it } from 'vitest';
import { definition, task } from '../../test/helpers/task.js';
import { ConfigError } from '../errors.js';
import type { LocalWork } from '../learn/trainer.js';
import type { Task } from '../protocol/messages.js';
import { type Acceptance, checkAcceptance, checkTask } from './governance.js';

const { graphSha256 } = definition.model;
const other = '00'.repeat(32);
const withPrivacy = (privacy: object): Task => ({
  ...task,
  definition: { ...definition, privacy: { ...definition.privacy, ...privacy } },
});
const withWork = (work: Partial<LocalWork>): Task => ({ ...task, work: { ...task.work, ...work } });

const agreed: Acceptance = {
  graphSha256: [other, graphSha256],
  models: ['2nn'],
  reports: 'update',
  work: { maxEpochs: 5, maxLearningRate: 0.1, minBatchSize: 10, maxBatchSize: 10 },
  privacy: { minimumCohort: 8 },
};

describe('checkTask', () => {
  it('accepts anything without pins, and what keeps to all of them', () => {
    expect(checkTask({}, task)).toEqual({ accepted: true });
    expect(checkTask(agreed, task)).toEqual({ accepted: true });
  });

  it.each<[string, Acceptance, Task, string]>([
    [
      'the definition of another run',
      {},
      { ...task, runId: 'secrets-1' },
      'the task is of run "secrets-1", its definition of "digits-1"',
    ],
    ['another model', { models: ['cnn', 'mlp'] }, task, 'the model must be cnn or mlp, the task has 2nn'],
    [
      'another graph',
      { graphSha256: [other] },
      task,
      `the model's graph must be ${other}, the task has ${graphSha256}`,
    ],
    [
      'another report',
      { reports: 'update' },
      { ...task, definition: { ...definition, reports: 'params' } },
      'the client reports update only, the task asks for params',
    ],
    [
      'a smaller cohort',
      agreed,
      withPrivacy({ minimumCohort: 7 }),
      'updates must be combined with those of at least 8 clients, the task promises 7',
    ],
    [
      'a cohort that is no number',
      agreed,
      withPrivacy({ minimumCohort: Number.NaN }),
      'updates must be combined with those of at least 8 clients, the task promises NaN',
    ],
    [
      'no differential privacy',
      { privacy: { differentialPrivacy: true } },
      task,
      'the task must have differential privacy, it has none',
    ],
    [
      'a word in place of differential privacy',
      { privacy: { differentialPrivacy: true } },
      withPrivacy({ differentialPrivacy: 'yes' }),
      'the task must have differential privacy, it has none',
    ],
    [
      'no secure aggregation',
      { privacy: { secureAggregation: true } },
      task,
      'the task must have secure aggregation, it has none',
    ],
    [
      'more epochs',
      agreed,
      withWork({ amount: { epochs: 6 } }),
      'the number of epochs must be at most 5, the task asks for 6',
    ],
    [
      'steps in place of epochs',
      agreed,
      withWork({ amount: { steps: 1 } }),
      'the work must be given in epochs, the task asks for 1 steps',
    ],
    [
      'epochs in place of steps',
      { work: { maxSteps: 100 } },
      task,
      'the work must be given in steps, the task asks for 5 epochs',
    ],
    [
      'more steps',
      { work: { maxSteps: 100 } },
      withWork({ amount: { steps: 101 } }),
      'the number of steps must be at most 100, the task asks for 101',
    ],
    [
      'a higher learning rate',
      agreed,
      withWork({ learningRate: 0.2 }),
      'the learning rate must be at most 0.1, the task asks for 0.2',
    ],
    [
      'a learning rate that is no number',
      agreed,
      withWork({ learningRate: Number.NaN }),
      'the learning rate must be at most 0.1, the task asks for NaN',
    ],
    [
      'smaller batches',
      agreed,
      withWork({ batchSize: 1 }),
      'the batch size must be at least 10, the task asks for 1',
    ],
    [
      'larger batches',
      agreed,
      withWork({ batchSize: 'full' }),
      'the batch size must be at most 10, the task asks for full',
    ],
  ])('refuses %s', (_, acceptance, asked, reason) => {
    expect(checkTask(acceptance, asked)).toEqual({ accepted: false, reason });
  });

  it('takes a batch of all examples for large enough', () => {
    expect(checkTask({ work: { minBatchSize: 32 } }, withWork({ batchSize: 'full' }))).toEqual({
      accepted: true,
    });
  });

  it('does not ask how a model is trained where it is only evaluated', () => {
    const asked: Task = { ...withWork({ amount: { epochs: 99 } }), type: 'evaluate' };
    expect(checkTask(agreed, asked)).toEqual({ accepted: true });
    expect(checkTask({ models: ['cnn'] }, asked)).toMatchObject({ accepted: false });
  });
});

it.each<[Acceptance, string]>([
  [{ graphSha256: ['AB'] }, 'graphSha256 must be 64 hexadecimal digits in lower case, got "AB"'],
  [{ work: { maxEpochs: 0 } }, 'maxEpochs must be a positive integer, got 0'],
  [{ work: { minBatchSize: 1.5 } }, 'minBatchSize must be a positive integer, got 1.5'],
  [{ work: { maxLearningRate: Number.NaN } }, 'maxLearningRate must be a positive finite number, got NaN'],
  [{ privacy: { minimumCohort: -1 } }, 'minimumCohort must be a positive integer, got -1'],
  [
    { privacy: { minCohort: 8 } as object },
    'privacy must have minimumCohort, differentialPrivacy or secureAggregation, got "minCohort"',
  ],
  [
    { grahpSha256: [] } as object,
    'acceptance must have graphSha256, models, reports, work, privacy or approve, got "grahpSha256"',
  ],
  [
    { privacy: { differentialPrivacy: false as unknown as true } },
    'differentialPrivacy must be true or left out, got false',
  ],
])('refuses pins that are none: %o', (acceptance, message) => {
  expect(() => checkAcceptance(acceptance)).toThrow(new ConfigError(message));
  expect(() => checkAcceptance(agreed)).not.toThrow();
});
