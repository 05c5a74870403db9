/** A task of a made-up run, for tests that change it here and there. */
import type { Task, TaskDefinition } from '../../src/protocol/messages.js';

export const definition: TaskDefinition = {
  runId: 'digits-1',
  title: 'Digits',
  description: 'Reads handwritten digits.',
  model: { name: '2nn', graphSha256: 'ab'.repeat(32), parameterCount: 199_210 },
  data: { task: 'classification', featureShape: [28, 28], classCount: 10 },
  reports: 'update',
  privacy: { minimumCohort: 8, differentialPrivacy: false, secureAggregation: false },
};

export const task: Task = {
  type: 'train',
  runId: 'digits-1',
  round: 12,
  definition,
  params: { sha256: 'cd'.repeat(32), bytes: 796_840 },
  work: { amount: { epochs: 5 }, batchSize: 10, learningRate: 0.1, momentum: 0, weightDecay: 0 },
  seed: 1,
  deadlineMs: 60_000,
};
