import { describe, expect, it } from 'vitest';
import type { Dataset } from './dataset.js';
import { allocateSharedFloats, shareDataset } from './float-storage.js';

const dataset: Dataset = {
  name: 'd',
  task: 'regression',
  count: 2,
  featureShape: [1],
  features: Float32Array.of(1, 2),
  labels: Float32Array.of(3, 4),
  classNames: [],
};

describe('shareDataset', () => {
  it('moves features and labels to memory that all threads see', () => {
    const shared = shareDataset(dataset);
    expect(shared.features.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...shared.features, ...shared.labels]).toEqual([1, 2, 3, 4]);
    expect({ ...shared, features: 0, labels: 0 }).toEqual({ ...dataset, features: 0, labels: 0 });
  });

  it('leaves arrays that are shared already where they are', () => {
    const features = allocateSharedFloats(2);
    expect(shareDataset({ ...dataset, features }).features).toBe(features);
  });
});
