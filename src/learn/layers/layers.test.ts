/** Layers: the names and shapes of their parameters, what they make, and the arguments they refuse. */
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../errors.js';
import { modelParameters } from '../compile.js';
import { elu, leakyRelu, relu } from './activation.js';
import { multiHeadAttention, transformerBlock } from './attention.js';
import { conv1d, conv2d } from './convolution.js';
import { dense, flatten } from './dense.js';
import { dropout } from './dropout.js';
import type { Layer } from './layer.js';
import { batchNorm, groupNorm, instanceNorm, layerNorm } from './normalization.js';
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from './pooling.js';
import { residual } from './residual.js';

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
    [conv2d(1, 3, { padding: 1, dilation: 2 }), [4, 5]],
    [conv2d(1, 3, { dilation: 2 }), [6, 7]],
    [maxPool(2), [3, 3]],
    [maxPool(3), [2, 2]],
    [averagePool(3, { stride: 1, padding: 1 }), [6, 7]],
    [globalAveragePool(), [1, 1]],
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
    [() => maxPool(2, { padding: 2 }), 'padding must be an integer from 0 to half the size (2), got 2'],
    [() => conv2d(3, 3, { groups: 2 }), 'filters must be a multiple of groups (2), got 3'],
    [() => conv1d(1, 3, { padding: -1 }), 'padding must be "same", "valid" or a number from 0 on, got -1'],
    [() => conv1d(1, 3, { dilation: 0 }), 'dilation must be a positive integer, got 0'],
    [() => leakyRelu(Number.NaN), 'slope must be a finite number, got NaN'],
    [() => elu(Number.POSITIVE_INFINITY), 'alpha must be a finite number, got Infinity'],
    [() => batchNorm({ momentum: 0 }), 'momentum must be above 0 and at most 1, got 0'],
    [() => layerNorm({ epsilon: 0 }), 'epsilon must be a positive finite number, got 0'],
    [() => groupNorm(0), 'groups must be a positive integer, got 0'],
    [() => multiHeadAttention(1.5), 'heads must be a positive integer, got 1.5'],
    [() => transformerBlock(2, { hidden: 0 }), 'hidden must be a positive integer, got 0'],
    [() => transformerBlock(2, { dropout: 1 }), 'rate must be from 0 to below 1, got 1'],
    [() => dropout(1), 'rate must be from 0 to below 1, got 1'],
    [() => dropout(-0.1), 'rate must be from 0 to below 1, got -0.1'],
  ])('refuse a bad argument: %#', (make, message) => {
    expect(make).toThrow(new ConfigError(message));
  });

  it.each([
    [
      dense(1),
      [2, 3, 4],
      'dense1 must have [batch, features] or [batch, time, features], got [batch, 2, 3, 4]',
    ],
    [conv2d(1, 3), [4, 4], 'conv2d must have [batch, channels, height, width], got [batch, 4, 4]'],
    [conv1d(1, 3), [4], 'conv1d must have [batch, channels, length], got [batch, 4]'],
    [
      conv2d(2, 3, { groups: 2 }),
      [3, 4, 4],
      'the channels of conv2d must be a multiple of groups (2), got 3',
    ],
    [averagePool(2), [4], 'AveragePool must have [batch, channels, ...places], got [batch, 4]'],
    [globalMaxPool(), [4], 'GlobalMaxPool must have [batch, channels, ...places], got [batch, 4]'],
    [groupNorm(2), [3, 4, 4], 'channels must be a multiple of groups (2), got 3'],
    [instanceNorm(), [3], 'instanceNorm must have [batch, channels, ...places], got [batch, 3]'],
    [multiHeadAttention(3), [4, 8], 'heads must divide the width (8), got 3'],
    [multiHeadAttention(2), [8], 'multiHeadAttention must have [batch, time, width], got [batch, 8]'],
    [
      residual([conv2d(2, 3)]),
      [1, 4, 4],
      'a residual block must keep the shape or have a projection to it, got [batch, 1, 4, 4] and [batch, 2, 4, 4]',
    ],
  ])('refuse an input that does not fit: %#', (layer, featureShape, message) => {
    expect(() => describeParameters(featureShape, [layer])).toThrow(new ShapeError(message));
  });

  it('name what is nested by its kind and place, queries, keys and values as one', () => {
    const names = describeParameters([5, 4], [transformerBlock(2), transformerBlock(2, { hidden: 3 })]);
    expect(names.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      'layerNorm1.weight 4',
      'layerNorm1.bias 4',
      'attention1.qkv.weight 4,12',
      'attention1.qkv.bias 12',
      'attention1.output.weight 4,4',
      'attention1.output.bias 4',
      'layerNorm2.weight 4',
      'layerNorm2.bias 4',
      'dense1.weight 4,16',
      'dense1.bias 16',
      'dense2.weight 16,4',
      'dense2.bias 4',
      'layerNorm3.weight 4',
      'layerNorm3.bias 4',
      'attention2.qkv.weight 4,12',
      'attention2.qkv.bias 12',
      'attention2.output.weight 4,4',
      'attention2.output.bias 4',
      'layerNorm4.weight 4',
      'layerNorm4.bias 4',
      'dense3.weight 4,3',
      'dense3.bias 3',
      'dense4.weight 3,4',
      'dense4.bias 4',
    ]);
  });
});
