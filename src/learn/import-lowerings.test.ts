/** Operators of files that are rewritten while they are imported. */
import { describe, expect, it } from 'vitest';
import { forwardGraph, gemm, weight } from '../../test/helpers/imported.js';
import {
  type FileFields,
  intAttribute,
  intsAttribute,
  type NodeFields,
  tensorAttribute,
  textAttribute,
} from '../../test/helpers/onnx-file.js';

/** What a node on [batch, 3] between the input and the weights becomes. */
const opsOf = (node: Omit<NodeFields, 'outputs'>, file: FileFields = {}) =>
  forwardGraph({
    ...file,
    nodes: [
      { ...node, inputs: ['x', ...(node.inputs ?? [])], outputs: ['h'] },
      { ...gemm, inputs: ['h', 'w'] },
    ],
    tensors: [weight, ...(file.tensors ?? [])],
  }).nodes.map(({ op }) => op);

describe('operators', () => {
  const sizes = (name: string, int64s: number[]) => ({ name, dims: [int64s.length], type: 7, int64s });

  it('that change nothing disappear', () => {
    expect(opsOf({ op: 'Identity' })).toEqual(['Gemm']);
    expect(opsOf({ op: 'Cast', attributes: { to: intAttribute(1) } })).toEqual(['Gemm']);
    expect(opsOf({ op: 'Reshape', inputs: ['s'] }, { tensors: [sizes('s', [0, -1])] })).toEqual(['Gemm']);
  });

  it('that multiply two matrices become Gemm', () => {
    expect(forwardGraph({ nodes: [{ ...gemm, op: 'MatMul' }] }).nodes.map(({ op }) => op)).toEqual(['Gemm']);
  });

  it('that reshape to the batch and all the rest become Flatten, however the batch is written', () => {
    const inputs = [{ name: 'x', shape: ['batch', 3, 1] }];
    for (const shape of [
      [-1, 3],
      [0, -1],
      [0, 3],
    ]) {
      expect(opsOf({ op: 'Reshape', inputs: ['s'] }, { inputs, tensors: [sizes('s', shape)] })).toEqual([
        'Flatten',
        'Gemm',
      ]);
    }
  });

  it('that reshape to the batch of the export take any batch', () => {
    const inputs = [{ name: 'x', shape: [5, 3, 1] }];
    for (const shape of [
      [5, -1],
      [5, 3],
      [-1, 3],
    ]) {
      expect(opsOf({ op: 'Reshape', inputs: ['s'] }, { inputs, tensors: [sizes('s', shape)] })).toEqual([
        'Flatten',
        'Gemm',
      ]);
    }
  });

  it('that compute a shape do not run', () => {
    const graph = forwardGraph({
      inputs: [{ name: 'x', shape: ['n', 3, 1] }],
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
        {
          op: 'Constant',
          outputs: ['first'],
          attributes: { value: tensorAttribute({ type: 7, int64s: [0] }) },
        },
        { op: 'Gather', inputs: ['shape', 'first'], outputs: ['rows'] },
        { op: 'Constant', outputs: ['axis'], attributes: { value_ints: intsAttribute([0]) } },
        { op: 'Unsqueeze', inputs: ['rows', 'axis'], outputs: ['row'] },
        { op: 'Constant', outputs: ['rest'], attributes: { value_ints: intsAttribute([-1]) } },
        { op: 'Concat', inputs: ['row', 'rest'], outputs: ['sizes'], attributes: { axis: intAttribute(0) } },
        { op: 'Reshape', inputs: ['x', 'sizes'], outputs: ['h'] },
        { ...gemm, inputs: ['h', 'w'] },
      ],
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Flatten', 'Gemm']);
  });

  it('Dropout is random while training where the file says so, else nothing', () => {
    const flag = (value: number) => ({ name: 'mode', type: 9, int32s: [value] });
    const file = (mode: number) => ({
      tensors: [weight, { name: 'ratio', floats: [0.5] }, flag(mode)],
      nodes: [
        { op: 'Dropout', inputs: ['x', 'ratio', 'mode'], outputs: ['h', 'mask'] },
        { ...gemm, inputs: ['h', 'w'] },
      ],
    });
    expect(forwardGraph(file(1), true).nodes.map(({ op }) => op)).toEqual(['Mul', 'Gemm']);
    expect(forwardGraph(file(1), false).nodes.map(({ op }) => op)).toEqual(['Gemm']);
    expect(forwardGraph(file(0), true).nodes.map(({ op }) => op)).toEqual(['Gemm']);
  });

  it.each([
    ['Gelu', {}, ['Mul', 'Mul', 'Erf', 'Add', 'Mul', 'Gemm']],
    [
      'Gelu',
      { approximate: textAttribute('tanh') },
      ['Mul', 'Mul', 'Mul', 'Mul', 'Add', 'Mul', 'Tanh', 'Add', 'Mul', 'Gemm'],
    ],
  ])('newer than opset 17 are rewritten: %s %o', (op, attributes, expected) => {
    expect(opsOf({ op, attributes }, { opset: 20 }).toSorted()).toEqual(expected.toSorted());
  });

  it('that have their axes as an input since opset 18 get them as an attribute', () => {
    const [node] = forwardGraph({
      opset: 18,
      inputs: [{ name: 'x', shape: ['n', 3, 4] }],
      tensors: [weight, sizes('axes', [-1])],
      nodes: [
        {
          op: 'ReduceMean',
          inputs: ['x', 'axes'],
          outputs: ['h'],
          attributes: { keepdims: intAttribute(0) },
        },
        { ...gemm, inputs: ['h', 'w'] },
      ],
    }).nodes;
    expect(node).toMatchObject({
      op: 'ReduceMean',
      inputs: ['features'],
      attributes: { axes: { ints: [-1] } },
    });
  });
});
