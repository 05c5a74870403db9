/** The shapes of what operators make, and the inputs they refuse. */
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { int, ints } from './attributes.js';
import { type Attributes, createGraphBuilder, type Dim, type Value } from './graph.js';
import { elementCount, inferOutputs, known } from './shapes.js';

const value = (name: string, ...shape: Dim[]): Value => ({ name, dtype: 'float32', shape });
const shapeOf = (op: string, inputs: (Value | null)[], attributes: Attributes = {}) =>
  inferOutputs(op, inputs, attributes).map(({ shape }) => shape);

describe('inferOutputs', () => {
  it('broadcasts sizes of 1 and missing axes, also against the batch', () => {
    expect(shapeOf('Add', [value('a', 'batch', 3), value('b', 3)])).toEqual([['batch', 3]]);
    expect(shapeOf('Sub', [value('a'), value('b', 'batch', 3)])).toEqual([['batch', 3]]);
    expect(shapeOf('Mul', [value('a', 4, 1), value('b', 1, 5)])).toEqual([[4, 5]]);
  });

  it('makes booleans of comparisons', () => {
    const made = inferOutputs('Greater', [value('a', 2, 3), value('b')], {});
    expect(made).toEqual([{ dtype: 'bool', shape: [2, 3] }]);
  });

  it('multiplies matrices as they are or transposed', () => {
    const a = value('a', 'batch', 3);
    expect(shapeOf('Gemm', [a, value('b', 3, 5)])).toEqual([['batch', 5]]);
    expect(shapeOf('Gemm', [a, value('b', 5, 3)], { transB: int(1) })).toEqual([['batch', 5]]);
    expect(shapeOf('Gemm', [a, value('b', 'batch', 5)], { transA: int(1) })).toEqual([[3, 5]]);
  });

  it('counts the places of windows with padding and stride', () => {
    const x = value('x', 'batch', 2, 7, 8);
    const attributes = { pads: ints([1, 1, 1, 1]), strides: ints([2, 2]) };
    expect(shapeOf('Conv', [x, value('w', 6, 2, 3, 3)], attributes)).toEqual([['batch', 6, 4, 4]]);
    const pool = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
    expect(shapeOf('MaxPool', [x], pool)).toEqual([['batch', 2, 3, 4]]);
  });

  it('flattens all axes but the first, and permutes axes', () => {
    expect(shapeOf('Flatten', [value('x', 'batch', 2, 3, 4)])).toEqual([['batch', 24]]);
    expect(shapeOf('Transpose', [value('x', 'batch', 2, 3)], { perm: ints([2, 0, 1]) })).toEqual([
      [3, 'batch', 2],
    ]);
  });

  it('follows sizes through the arithmetic of exported models', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', ['batch', 'length', 6]);
    const at = (index: number) => {
      const shape = builder.node('Shape', [x]);
      const size = builder.node('Gather', [shape, builder.constant('int64', [], [index])]);
      return builder.node('Unsqueeze', [size, builder.constant('int64', [1], [0])]);
    };
    const half = builder.node('Div', [at(2), builder.constant('int64', [1], [2])]);
    const rest = builder.constant('int64', [1], [-1]);
    const target = builder.node('Concat', [at(0), rest, builder.constant('int64', [1], [2]), half], {
      axis: int(0),
    });
    expect(builder.node('Reshape', [x, target]).shape).toEqual(['batch', 'length', 2, 3]);
    const ones = builder.constant('int64', [4], [1, 1, 1, 1]);
    const given = builder.node('Equal', [target, builder.constant('int64', [1], [-1])]);
    const broadcast = builder.node('Where', [given, ones, target]);
    const scalar = builder.constant('float32', [], [1]);
    expect(builder.node('Expand', [scalar, broadcast]).shape).toEqual(['batch', 1, 2, 3]);
    const last = builder.node('Slice', [
      target,
      ...[[2], [9], [0]].map((each) => builder.constant('int64', [1], each)),
    ]);
    expect(builder.node('ConstantOfShape', [last]).shape).toEqual([2, 3]);
  });

  it('refuses shapes that only the running graph knows', () => {
    const x = value('x', 'batch', 4);
    const target = { name: 'target', dtype: 'int64', shape: [2] } as const;
    expect(() => inferOutputs('Reshape', [x, target], {})).toThrow(
      new ConfigError(
        'the shape of Reshape must be constant or follow from shapes, got the computed "target" [2]',
      ),
    );
    const split = () => inferOutputs('Split', [x], { axis: int(0) }, 2);
    expect(split).toThrow(
      new ConfigError('the sizes of Split must be stated where the axis is "batch", got none'),
    );
  });

  it('counts slices of the batch from either end', () => {
    const slice = (start: number, end: number) => {
      const constants = [[start], [end], [0]].map((data, index) => ({
        ...{ name: `constant${index}`, dtype: 'int64' as const, shape: [1] },
        data,
      }));
      return shapeOf('Slice', [value('x', 'batch', 4), ...constants]);
    };
    expect(slice(-2, 2 ** 40)).toEqual([[2, 4]]);
    expect(slice(0, 2 ** 40)).toEqual([['batch', 4]]);
    expect(slice(1, 3)).toEqual([[2, 4]]);
    expect(slice(0, -1)).toEqual(slice(1, 2 ** 40));
  });

  it('has as many outputs as are asked for', () => {
    const counted = (op: string, count: number, attributes: Attributes = {}) =>
      inferOutputs(op, [value('x', 'batch', 6)], attributes, count).map(({ dtype, shape }) => [
        dtype,
        ...shape,
      ]);
    expect(counted('Split', 2, { axis: int(-1) })).toEqual([
      ['float32', 'batch', 3],
      ['float32', 'batch', 3],
    ]);
    expect(counted('Dropout', 2)).toEqual([
      ['float32', 'batch', 6],
      ['bool', 'batch', 6],
    ]);
    expect(counted('LayerNormalization', 3)).toEqual([
      ['float32', 'batch', 6],
      ['float32', 'batch', 1],
      ['float32', 'batch', 1],
    ]);
  });

  it.each([
    [
      'Gemm',
      [value('a', 2, 3), value('b', 4, 5)],
      'Gemm must have equal inner sizes, got "a" [2, 3] and "b" [4, 5]',
    ],
    ['Gemm', [value('a', 2, 3, 4), value('b', 4, 5)], 'Gemm must have matrices, got "a" [2, 3, 4]'],
    [
      'Conv',
      [value('x', 'batch', 3, 8, 8), value('w', 4, 2, 3, 3)],
      'Conv must have equal channels, got "x" [batch, 3, 8, 8] and "w" [4, 2, 3, 3]',
    ],
    [
      'Conv',
      [value('x', 'batch', 2, 2, 8), value('w', 4, 2, 3, 3)],
      'the window must fit into its input, got 3 on "x" [batch, 2, 2, 8]',
    ],
    ['Conv', [value('x', 'batch', 2), value('w', 4, 2, 3, 3)], '"x" [batch, 2] must have an axis 2'],
    [
      'MatMul',
      [value('a', 2, 3), value('b', 2, 4)],
      'MatMul must have equal inner sizes, got "a" [2, 3] and "b" [2, 4]',
    ],
    ['Softplus', [], 'an operator lacks a required input'],
    ['Add', [value('a', 2, 3), value('b', 2)], 'shapes must broadcast, got "a" [2, 3] and "b" [2]'],
    ['Add', [value('a', 'batch'), value('b', 2)], 'shapes must broadcast, got "a" [batch] and "b" [2]'],
    ['Relu', [null], 'an operator lacks a required input'],
  ])('refuses %s of inputs that do not fit: %#', (op, inputs, message) => {
    expect(() => inferOutputs(op, inputs, {})).toThrow(new ShapeError(message));
  });

  it('refuses an operator that it does not know', () => {
    expect(() => inferOutputs('Einsum', [value('a')], {})).toThrow(
      new ConfigError('the shape of what "Einsum" makes must be stated, it is not inferred'),
    );
  });
});

describe('known and elementCount', () => {
  it('multiplies known sizes and refuses the batch', () => {
    expect(elementCount([2, 3, 4])).toBe(24);
    expect(elementCount([])).toBe(1);
    expect(() => known('batch')).toThrow(new ShapeError('a size must be known here, got "batch"'));
  });
});
