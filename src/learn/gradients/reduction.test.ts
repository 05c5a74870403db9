/** Gradients of reductions against differences: any axes, kept or not. */
import { between, type Elements, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int, ints } from '../attributes.js';

const AXES = [[0], [1], [-1], [0, 2], [-2, -1], [2, 0], [0, 1, 2]];

/** Axes as an attribute, as up to opset 17; `ReduceSum` has them as an input. */
const reduction =
  (op: string, elements: Elements = 'normal') =>
  (random: Random) => {
    const x = tensor(['batch', between(random, 1, 3), between(random, 1, 3)], elements);
    const axes = AXES[random.integer(AXES.length)] ?? [];
    const keepdims = int(random.integer(2));
    const sizes = { batch: between(random, 1, 4) };
    if (op === 'ReduceSum') return node(op, [x, { constant: axes }], { keepdims }, sizes);
    return node(op, [x], { keepdims, axes: ints(axes) }, sizes);
  };

testGradients({
  ReduceL1: reduction('ReduceL1', 'nonzero'),
  ReduceL2: reduction('ReduceL2', 'nonzero'),
  ReduceLogSumExp: reduction('ReduceLogSumExp'),
  ReduceMax: reduction('ReduceMax', 'spaced'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMin: reduction('ReduceMin', 'spaced'),
  ReduceSum: reduction('ReduceSum'),
  ReduceSumSquare: reduction('ReduceSumSquare'),
  'ReduceMean over everything': (random) =>
    node('ReduceMean', [tensor(['batch', 3])], {}, { batch: between(random, 1, 4) }),
  'ReduceSum over everything': (random) =>
    node('ReduceSum', [tensor([2, between(random, 1, 4)])], { keepdims: int(0) }),
  'ReduceSum over nothing': (random) =>
    node('ReduceSum', [tensor([2, between(random, 1, 4)])], { noop_with_empty_axes: int(1) }),
});
