/** Gradients of pools against differences. */
import {
  between,
  type GradientCase,
  node,
  tensor,
  testGradients,
} from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int, ints } from '../attributes.js';
import type { Attributes } from '../graph.js';

const pool =
  (op: string, rank: number, strides: number, pad: number, more: Attributes = {}) =>
  (random: Random): GradientCase => {
    const kernel = Array.from({ length: rank }, () => between(random, pad + 1, 3));
    const pads = Array.from({ length: 2 * rank }, () => random.integer(pad + 1));
    const sizes = kernel.map((size) => size + random.integer(4));
    const attributes = {
      kernel_shape: ints(kernel),
      strides: ints(kernel.map(() => strides)),
      pads: ints(pads),
      ...more,
    };
    const shape = ['batch', between(random, 1, 3), ...sizes];
    return node(op, [tensor(shape, 'spaced')], attributes, { batch: between(random, 1, 2) });
  };

const globally = (op: string) => (random: Random) =>
  node(op, [tensor(['batch', 2, between(random, 1, 4), between(random, 1, 4)], 'spaced')], {}, { batch: 2 });

testGradients({
  AveragePool: pool('AveragePool', 2, 2, 0),
  'AveragePool of overlapping windows': pool('AveragePool', 2, 1, 0),
  'AveragePool with padding that does not count': pool('AveragePool', 2, 2, 1),
  'AveragePool with padding that counts': pool('AveragePool', 2, 2, 1, { count_include_pad: int(1) }),
  'AveragePool beyond the end': pool('AveragePool', 2, 2, 0, { ceil_mode: int(1) }),
  'AveragePool beyond the end, with padding': pool('AveragePool', 2, 2, 1, { ceil_mode: int(1) }),
  'AveragePool in one dimension': pool('AveragePool', 1, 2, 1),
  GlobalAveragePool: globally('GlobalAveragePool'),
  'GlobalAveragePool over a size known at run time': (random) =>
    node(
      'GlobalAveragePool',
      [tensor(['batch', 2, 'length'])],
      {},
      { batch: 2, length: between(random, 1, 5) },
    ),
  GlobalMaxPool: globally('GlobalMaxPool'),
  'MaxPool of tiles': (random) =>
    node(
      'MaxPool',
      [tensor(['batch', 2, between(random, 4, 6), between(random, 3, 5)], 'spaced')],
      { kernel_shape: ints([2, 3]), strides: ints([2, 3]) },
      { batch: 2 },
    ),
  'MaxPool of overlapping windows': pool('MaxPool', 2, 1, 0),
  'MaxPool with padding': pool('MaxPool', 2, 2, 1),
  'MaxPool with dilations': (random) => {
    const attributes = { kernel_shape: ints([2, 3]), dilations: ints([3, 2]), pads: ints([1, 1, 0, 1]) };
    const shape = ['batch', 2, between(random, 4, 6), between(random, 5, 6)];
    return node('MaxPool', [tensor(shape, 'spaced')], attributes, { batch: 2 });
  },
  'MaxPool beyond the end': pool('MaxPool', 2, 2, 0, { ceil_mode: int(1) }),
  'MaxPool of tiles beyond the end': (random) => {
    const attributes = { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ceil_mode: int(1) };
    return node('MaxPool', [tensor([1, 2, between(random, 2, 5), 5], 'spaced')], attributes);
  },
  'MaxPool in one dimension': pool('MaxPool', 1, 2, 1),
});
