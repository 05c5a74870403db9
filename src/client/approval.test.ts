/** An approval is for one definition and one graph: a server that changes either has to ask again. */
import { describe, expect, it } from 'vitest';
import { definition, task } from '../../test/helpers/task.js';
import { graphSummary } from '../learn/graph-summary.js';
import { createModel } from '../learn/model.js';
import type { TaskDefinition } from '../protocol/messages.js';
import { type Approve, askApproval, definitionHash } from './approval.js';

const other = '00'.repeat(32);

describe('askApproval', () => {
  it('asks nobody where nobody is named', async () => {
    const hash = await definitionHash(definition);
    expect(await askApproval({}, task)).toEqual({ decision: 'approved', hash });
  });

  it.each([
    ['rejected', 'the task "Digits" was rejected here'],
    ['pending', 'the task "Digits" has not been approved here'],
  ] as const)('passes on that a task is %s', async (decision, reason) => {
    const hash = await definitionHash(definition);
    expect(await askApproval({ approve: () => decision }, task)).toEqual({ decision, hash, reason });
  });

  it('takes no answer but "approved" for a yes', async () => {
    const approve = (() => true) as unknown as () => 'approved';
    expect(await askApproval({ approve }, task)).toMatchObject({ decision: 'pending' });
  });

  it('hands over the work and the summary of the graph', async () => {
    const graph = graphSummary(
      createModel('2nn', { featureShape: [4], task: 'classification', classCount: 2 }),
    );
    const given: unknown[] = [];
    const approve: Approve = (...all) => {
      given.push(...all);
      return 'approved';
    };
    await askApproval({ approve }, task, graph);
    expect(given).toEqual([definition, await definitionHash(definition), { work: task.work, graph }]);
  });

  const changes: [string, TaskDefinition][] = [
    ['run', { ...definition, runId: 'digits-2' }],
    ['title', { ...definition, title: 'Digits.' }],
    ['description', { ...definition, description: '' }],
    ['graph', { ...definition, model: { ...definition.model, graphSha256: other } }],
    ['file', { ...definition, model: { ...definition.model, graph: { sha256: other, bytes: 1 } } }],
    ['data', { ...definition, data: { ...definition.data, featureShape: [784] } }],
    ['reports', { ...definition, reports: 'params' }],
    ['privacy', { ...definition, privacy: { ...definition.privacy, minimumCohort: 7 } }],
    ['members that this version does not know', { ...definition, also: 1 } as TaskDefinition],
  ];
  it.each(changes)('asks again when after an approval the %s changes', async (_, changed) => {
    const approved = new Set([await definitionHash(definition)]);
    const approve = (__: TaskDefinition, hash: string) => (approved.has(hash) ? 'approved' : 'pending');
    expect(await askApproval({ approve }, task)).toMatchObject({ decision: 'approved' });
    expect(await askApproval({ approve }, { ...task, definition: changed })).toMatchObject({
      decision: 'pending',
    });
  });

  it('knows the same definition whatever the order of its members', async () => {
    const reversed = Object.fromEntries(Object.entries(definition).toReversed()) as unknown as TaskDefinition;
    expect(await definitionHash(reversed)).toBe(await definitionHash(definition));
  });
});
