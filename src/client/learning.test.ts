/** The graph that runs is the one that the task names. */
import { describe, expect, it } from 'vitest';
import { definition } from '../../test/helpers/task.js';
import { graphHash } from '../learn/graph-hash.js';
import { createModel } from '../learn/model.js';
import { sha256Hex } from './digest.js';
import { checkGraph } from './learning.js';

describe('checkGraph', () => {
  const input = { featureShape: [28, 28], task: 'classification', classCount: 10 } as const;
  const model = createModel('2nn', input);

  it('knows the model that the definition names', async () => {
    const hash = await graphHash(model, sha256Hex);
    const named = { ...definition, model: { ...definition.model, graphSha256: hash } };
    expect(await checkGraph(named, model)).toEqual({ accepted: true });
    const other = createModel('mlp', input);
    expect(await checkGraph(named, { ...other, name: '2nn' })).toEqual({
      accepted: false,
      reason: `the task says that the graph of 2nn is ${hash}, the graph here is ${await graphHash(other, sha256Hex)}`,
    });
  });
});
