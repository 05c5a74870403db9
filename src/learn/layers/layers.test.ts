/** Layers: the names and shapes of their parameters, what they make, and the arguments they refuse. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.js';
import { modelParameters } from '../compile.js';
import { relu } from './activation.js';
import { conv2d } from './convolution.js';
import { dense, flatten } from './dense.js';
import { dropout } from './dropout.js';
import type { Layer } from './layer.js';
import { maxPool } from './pooling.js';

const describeParameters = (featureShape: number[], layers: Layer[]) => {
  const model = { name: 'test', featureShape, layers, loss: 'softmax-cross-entropy' } as const;
  const { layout, initializers } = modelParameters(model);
  return layout.entries.map(({ name, shape }, index) => ({ name, shape, starts: initializers[index] }));
};

describe('layers', () => {
  it('number their parameters by kind, in the order of the model', () => {
    const layers = [
      conv2d(2, 3),
      relu(),
      maxPool(2),
      conv2d(4, 3),
      flatten(),
      dense(5),
      dropout(0.5),
      dense(2),
    ];
    expect(describeParameters([1, 8, 8], layers).map(({ name, shape }) => [name, shape])).toEqual([
      ['conv1.weight', [2, 1, 3, 3]],
      ['conv1.bias', [2]],
      ['conv2.weight', [4, 2, 3, 3]],
      ['conv2.bias', [4]],
      ['dense1.weight', [64, 5]],
      ['dense1.bias', [5]],
      ['dense2.weight', [5, 2]],
      ['dense2.bias', [2]],
    ]);
  });

  it('start Glorot-uniform, with biases at zero', () => {
    expect(describeParameters([4], [dense(2)]).map(({ starts }) => starts)).toEqual([
      { uniformLimit: 1 },
      'zeros',
    ]);
    expect(describeParameters([2, 5, 5], [conv2d(4, 3)]).map(({ starts }) => starts)).toEqual([
      { uniformLimit: Math.sqrt(6 / (2 * 9 + 4 * 9)) },
      'zeros',
    ]);
  });

  it.each([
    [conv2d(1, 3), [6, 7]],
    [conv2d(1, 3, { padding: 'valid' }), [4, 5]],
    [conv2d(1, 3, { stride: 2 }), [3, 4]],
    [conv2d(1, 2, { stride: 2, padding: 'valid' }), [3, 3]],
    [maxPool(2), [3, 3]],
    [maxPool(3), [2, 2]],
  ])('make the sizes they promise: %#', (layer, [height = 0, width = 0]) => {
    const [weight] = describeParameters([1, 6, 7], [layer, flatten(), dense(1)]).slice(-2);
    expect(weight?.shape).toEqual([height * width, 1]);
  });

  it.each([
    [() => dense(0), 'units must be a positive integer, got 0'],
    [() => conv2d(1.5, 3), 'filters must be a positive integer, got 1.5'],
    [() => conv2d(1, -3), 'kernelSize must be a positive integer, got -3'],
    [() => conv2d(1, 3, { stride: 0 }), 'stride must be a positive integer, got 0'],
    [() => conv2d(1, 4), 'kernelSize must be odd where padding is "same", got 4'],
    [() => maxPool(Number.NaN), 'size must be a positive integer, got NaN'],
    [() => dropout(1), 'rate must be from 0 to below 1, got 1'],
    [() => dropout(-0.1), 'rate must be from 0 to below 1, got -0.1'],
  ])('refuse a bad argument: %#', (make, message) => {
    expect(make).toThrow(new ConfigError(message));
  });
});
