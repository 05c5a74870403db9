/** Gradients of matrix products against differences. */
import { between, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { float, int } from '../attributes.js';
import type { Dim } from '../graph.js';

const matMul = (shapes: (m: number, k: number, n: number) => [Dim[], Dim[]]) => (random: Random) => {
  const [a, b] = shapes(between(random, 1, 4), between(random, 1, 4), between(random, 1, 4));
  return node(
    'MatMul',
    [tensor(a), tensor(b)],
    {},
    { batch: between(random, 1, 3), length: between(random, 1, 3) },
  );
};

testGradients({
  'Gemm with all its options': (random) => {
    const [m, k, n] = [between(random, 1, 4), between(random, 1, 4), between(random, 1, 4)];
    const [transA, transB] = [random.integer(2), random.integer(2)];
    const c = [[], [n], [m, 1], [1, n], [m, n]][random.integer(5)] ?? [];
    return node('Gemm', [tensor(transA ? [k, m] : [m, k]), tensor(transB ? [n, k] : [k, n]), tensor(c)], {
      transA: int(transA),
      transB: int(transB),
      alpha: float(0.7),
      beta: float(-1.3),
    });
  },
  'MatMul of matrices': matMul((_, k, n) => [
    ['batch', k],
    [k, n],
  ]),
  'MatMul of a stack by a matrix': matMul((_, k, n) => [
    ['batch', 'length', k],
    [k, n],
  ]),
  'MatMul of stacks': matMul((m, k, n) => [
    ['batch', 2, m, k],
    ['batch', 2, k, n],
  ]),
  'MatMul of stacks that are broadcast': matMul((m, k, n) => [
    ['batch', 1, m, k],
    [2, k, n],
  ]),
  'MatMul of a matrix by a stack': matMul((m, k, n) => [
    [m, k],
    ['batch', k, n],
  ]),
  'MatMul of vectors': matMul((_, k) => [[k], [k]]),
  'MatMul of a vector by a matrix': matMul((_, k, n) => [[k], [k, n]]),
  'MatMul of a vector by a stack': matMul((_, k, n) => [[k], ['batch', k, n]]),
  'MatMul of a stack by a vector': matMul((m, k) => [['batch', m, k], [k]]),
});
