/** Gradients of activations against differences. */
import { between, type Elements, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { float, int } from '../attributes.js';
import type { Attributes } from '../graph.js';

const unary =
  (op: string, attributes: Attributes = {}, elements: Elements = 'nonzero') =>
  (random: Random) =>
    node(op, [tensor(['batch', between(random, 1, 5)], elements)], attributes, {
      batch: between(random, 1, 4),
    });

const along = (op: string) => (random: Random) => {
  const shape = ['batch', between(random, 1, 3), between(random, 1, 4)];
  return node(op, [tensor(shape)], { axis: int(between(random, -3, 2)) }, { batch: between(random, 1, 3) });
};

testGradients({
  Elu: unary('Elu'),
  'Elu with alpha': unary('Elu', { alpha: float(0.3) }),
  HardSigmoid: unary('HardSigmoid', { alpha: float(0.1) }),
  HardSwish: unary('HardSwish', {}, 'spaced'),
  LeakyRelu: unary('LeakyRelu'),
  'LeakyRelu with alpha': unary('LeakyRelu', { alpha: float(0.3) }),
  'LogSoftmax along any axis': along('LogSoftmax'),
  PRelu: (random) =>
    node('PRelu', [tensor(['batch', 3, 2], 'nonzero'), tensor([3, 1])], {}, { batch: between(random, 1, 4) }),
  Relu: unary('Relu'),
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  'Softmax along any axis': along('Softmax'),
  'Softmax by default along the last axis': (random) =>
    node('Softmax', [tensor([2, 2, between(random, 1, 4)])]),
  Softplus: unary('Softplus'),
  Tanh: unary('Tanh'),
});
