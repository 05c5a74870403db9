/** Examples with random features, for tests of what trains. */
import type { Examples } from '../../src/data/dataset.js';
import type { Random } from '../../src/random.js';

/**
 * All examples of a random dataset; features are standard normal.
 *
 * @param label draws each label; the default draws one of three classes
 */
export function randomExamples(
  random: Random,
  count: number,
  featureShape: readonly number[],
  label: () => number = () => random.integer(3),
): Examples {
  const length = featureShape.reduce((product, size) => product * size, 1);
  const dataset = {
    name: 'random',
    task: 'classification',
    count,
    featureShape,
    features: new Float32Array(count * length).map(() => random.normal()),
    labels: new Float32Array(count).map(label),
    classNames: ['a', 'b', 'c'],
  } as const;
  return { dataset, indices: Uint32Array.from({ length: count }, (_, index) => index) };
}
