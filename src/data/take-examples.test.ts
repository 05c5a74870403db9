/** Tests of examples that are copied out of their data set. */
import { expect, it } from 'vitest';
import type { Dataset } from './dataset.js';
import { takeExamples } from './take-examples.js';

const dataset: Dataset = {
  name: 'four',
  task: 'next-token',
  count: 4,
  featureShape: [2],
  features: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31),
  labelShape: [2],
  labels: Float32Array.of(1, 0, 11, 10, 21, 20, 31, 30),
  classNames: ['a', 'b'],
  groups: ['p', 'q', 'r', 's'],
};

it('takes features, labels and owners of the examples in their order, and nothing of others', () => {
  const taken = takeExamples({ dataset, indices: Uint32Array.of(3, 1) });
  expect([...taken.indices]).toEqual([0, 1]);
  expect(taken.dataset).toEqual({
    ...dataset,
    count: 2,
    features: Float32Array.of(30, 31, 10, 11),
    labels: Float32Array.of(31, 30, 11, 10),
    groups: ['s', 'q'],
  });
});

it('takes single labels', () => {
  const { labelShape: _, ...single } = { ...dataset, labels: Float32Array.of(0, 1, 2, 3) };
  const taken = takeExamples({ dataset: single, indices: Uint32Array.of(2) });
  expect(taken.dataset.labels).toEqual(Float32Array.of(2));
});
