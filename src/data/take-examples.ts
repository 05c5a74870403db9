/** Examples with a data set of their own: what others hold is not kept in memory with them. */
import { type Dataset, type Examples, featureLength, labelLength } from './dataset.js';

/** A copy of the examples and of nothing else, in their order. */
export function takeExamples({ dataset, indices }: Examples): Examples {
  const { groups } = dataset;
  const own: Dataset = {
    ...dataset,
    count: indices.length,
    features: takeRows(dataset.features, featureLength(dataset), indices),
    labels: takeRows(dataset.labels, labelLength(dataset), indices),
    ...(groups ? { groups: Array.from(indices, (index) => groups[index] ?? '') } : {}),
  };
  return { dataset: own, indices: Uint32Array.from(indices.keys()) };
}

function takeRows(rows: Float32Array, length: number, indices: Uint32Array): Float32Array {
  const taken = new Float32Array(indices.length * length);
  for (const [place, index] of indices.entries()) {
    taken.set(rows.subarray(index * length, (index + 1) * length), place * length);
  }
  return taken;
}
