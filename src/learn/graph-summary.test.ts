/** What a person reads of a model before they approve it. */
import { expect, it } from 'vitest';
import { graphSummary } from './graph-summary.js';
import { createModel } from './model.js';

it('counts nodes by operator and names the parameters', () => {
  const model = createModel('mlp', { featureShape: [1, 2, 3], task: 'classification', classCount: 4 });
  expect(graphSummary(model)).toEqual({
    operators: { Gemm: 2, Relu: 1 },
    parameters: [
      { name: 'dense1.weight', shape: [6, 128] },
      { name: 'dense1.bias', shape: [128] },
      { name: 'dense2.weight', shape: [128, 4] },
      { name: 'dense2.bias', shape: [4] },
    ],
    parameterCount: 6 * 128 + 128 + 128 * 4 + 4,
    loss: 'softmax-cross-entropy',
  });
});
