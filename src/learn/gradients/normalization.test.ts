/** Gradients of normalisations against differences. */
import { between, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { float, int } from '../attributes.js';

const batchNormalization = (rank: number) => (random: Random) => {
  const channels = between(random, 1, 3);
  const x = tensor(['batch', channels, ...Array.from({ length: rank }, () => between(random, 1, 3))]);
  const [scale, bias, mean] = [tensor([channels]), tensor([channels]), tensor([channels])];
  const inputs = [x, scale, bias, mean, tensor([channels], 'positive')];
  return node('BatchNormalization', inputs, { epsilon: float(0.1) }, { batch: between(random, 1, 4) });
};

const training = (rank: number) => (random: Random) => {
  const channels = between(random, 1, 3);
  const x = tensor(['batch', channels, ...Array.from({ length: rank }, () => between(random, 2, 3))]);
  const kept = { trained: false } as const;
  const inputs = [
    x,
    tensor([channels]),
    tensor([channels]),
    { ...tensor([channels]), ...kept },
    { ...tensor([channels], 'positive'), ...kept },
  ];
  return {
    ...node('BatchNormalization', inputs, { training_mode: int(1), epsilon: float(0.1) }),
    sizes: { batch: between(random, 2, 4) },
  };
};

testGradients({
  'BatchNormalization of vectors': batchNormalization(0),
  'BatchNormalization of images': batchNormalization(2),
  'BatchNormalization of vectors, while training': training(0),
  'BatchNormalization of images, while training': training(2),
  InstanceNormalization: (random) => {
    const channels = between(random, 1, 3);
    const x = tensor(['batch', channels, between(random, 2, 4), between(random, 2, 4)]);
    const inputs = [x, tensor([channels]), tensor([channels])];
    return node('InstanceNormalization', inputs, { epsilon: float(0.1) }, { batch: between(random, 1, 3) });
  },
  LayerNormalization: (random) => {
    const width = between(random, 2, 5);
    const inputs = [tensor(['batch', 'length', width]), tensor([width]), tensor([width])];
    const sizes = { batch: between(random, 1, 3), length: between(random, 1, 3) };
    return node('LayerNormalization', inputs, { epsilon: float(0.1) }, sizes);
  },
  'LayerNormalization over two axes, without bias': (random) => {
    const [rows, columns] = [between(random, 1, 3), between(random, 2, 4)];
    const inputs = [tensor(['batch', rows, columns]), tensor([rows, columns])];
    const axis = int(random.integer(2) === 0 ? 1 : -2);
    return node('LayerNormalization', inputs, { axis, epsilon: float(0.1) }, { batch: 2 });
  },
});
