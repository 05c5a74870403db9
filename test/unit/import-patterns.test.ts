/** Graphs as converters write them, by hand: after the import they compute what ONNX Runtime makes of the file. */
import { describe, expect, it } from 'vitest';
import { modelParameters } from '../../src/learn/compile.js';
import { readModel } from '../../src/learn/read-model.js';
import { compareImport } from '../helpers/compare-import.js';
import {
  type FileFields,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type NodeFields,
  onnxFile,
  textAttribute,
} from '../helpers/onnx-file.js';

const wave = (count: number, shift = 0) =>
  Array.from({ length: count }, (_, index) => Math.sin(index * 1.7 + shift));
const tensor = (
  name: string,
  dims: number[],
  floats = wave(
    dims.reduce((a, b) => a * b, 1),
    name.length,
  ),
) => ({
  name,
  dims,
  floats,
});
const loss = 'softmax-cross-entropy';

/** Images of [batch, 4, 3] through `node`, then a matrix. */
const around = (node: Partial<NodeFields> & { op: string }, rest: FileFields): FileFields => ({
  ...rest,
  inputs: [{ name: 'x', shape: ['batch', 4, 3] }],
  outputs: [{ name: 'y', shape: ['batch', 2] }],
  nodes: [
    { inputs: ['x'], ...node, outputs: ['h'] },
    { op: 'Flatten', inputs: ['h'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['y'] },
  ],
  tensors: [tensor('w', [12, 2]), ...(rest.tensors ?? [])],
});

describe('normalisations', () => {
  const groups = { num_groups: intAttribute(2), epsilon: floatAttribute(0.01) };

  it('GroupNormalization of opset 18, with a scale a group', async () => {
    const node = { op: 'GroupNormalization', inputs: ['x', 'scale', 'bias'], attributes: groups };
    const tensors = [tensor('scale', [2]), tensor('bias', [2])];
    await compareImport(around(node, { opset: 18, tensors }), { loss }, 2);
  });

  it('GroupNormalization of opset 21, with a scale a channel', async () => {
    const node = { op: 'GroupNormalization', inputs: ['x', 'scale', 'bias'], attributes: groups };
    const tensors = [tensor('scale', [4]), tensor('bias', [4])];
    await compareImport(around(node, { opset: 21, tensors }), { loss }, 2);
  });

  const batchNorm = { op: 'BatchNormalization', inputs: ['x', 's', 'b', 'm', 'v'] };
  const four = ['s', 'b', 'm'].map((name) => tensor(name, [4]));
  const tensors = [...four, tensor('v', [4], [1, 2, 0.5, 3])];

  it('BatchNormalization carries its statistics among the parameters, and may freeze them', async () => {
    const model = await compareImport(around(batchNorm, { tensors }), { loss }, 2);
    const kinds = modelParameters(model).layout.entries.map(({ name, statistic }) => [
      name,
      statistic ?? false,
    ]);
    expect(kinds).toEqual([
      ['w', false],
      ['s', false],
      ['b', false],
      ['m', true],
      ['v', true],
    ]);
    const frozen = await compareImport(
      around(batchNorm, { tensors }),
      { loss, batchNormalization: 'frozen' },
      2,
    );
    expect(modelParameters(frozen).layout.entries.map(({ name }) => name)).toEqual(['w', 's', 'b']);
  });

  it('statistics that an exporter merged, by name or by a copy, are each layer’s own again', async () => {
    const again = (name: string, inputs: string[]) => ({ op: 'BatchNormalization', inputs, outputs: [name] });
    const file = around(batchNorm, { tensors });
    const nodes = [
      { op: 'Identity', inputs: ['m'], outputs: ['second.mean'] },
      again('h1', ['x', 's', 'b', 'm', 'v']),
      again('h2', ['h1', 's', 'b', 'second.mean', 'v']),
      ...(file.nodes ?? []).map((node) => ({
        ...node,
        inputs: node.inputs?.map((n) => (n === 'x' ? 'h2' : n)) ?? [],
      })),
    ];
    const model = await compareImport({ ...file, nodes }, { loss }, 2);
    const { entries } = modelParameters(model).layout;
    expect(entries.filter(({ statistic }) => statistic).map(({ name }) => name)).toEqual([
      'm',
      'v',
      'second.mean',
      'v.2',
      'm.2',
      'v.3',
    ]);
  });
});

describe('activations', () => {
  it.each(['Mish', 'Gelu'])('%s, which is newer than compiled graphs', async (op) => {
    await compareImport(around({ op }, { opset: 20 }), { loss }, 2);
  });
});

describe('transposed convolutions', () => {
  const node = (attributes: NodeFields['attributes'], [height, width]: number[] = [6, 4]): FileFields => ({
    inputs: [{ name: 'x', shape: ['batch', 2, 4, 3] }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'ConvTranspose', inputs: ['x', 'k'], outputs: ['h'], ...(attributes ? { attributes } : {}) },
      { op: 'Flatten', inputs: ['h'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    tensors: [tensor('k', [2, 2, 3, 2]), tensor('w', [2 * (height ?? 0) * (width ?? 0), 2])],
  });
  const strides = { strides: intsAttribute([2, 3]) };
  it.each<[string, NodeFields['attributes'], number[]]>([
    ['nothing stated', {}, [6, 4]],
    ['SAME_UPPER', { strides: intsAttribute([2, 2]), auto_pad: textAttribute('SAME_UPPER') }, [8, 6]],
    ['SAME_LOWER', { strides: intsAttribute([2, 1]), auto_pad: textAttribute('SAME_LOWER') }, [8, 3]],
    ['VALID', { ...strides, auto_pad: textAttribute('VALID') }, [9, 8]],
    ['a size of the result', { ...strides, output_shape: intsAttribute([6, 7]) }, [6, 7]],
    [
      'a size, and SAME_UPPER',
      { output_shape: intsAttribute([5, 3]), auto_pad: textAttribute('SAME_UPPER') },
      [5, 3],
    ],
  ])('with %s', async (_, attributes, size) => {
    await compareImport(node(attributes, size), { loss }, 2);
  });

  it('refuses a result that no padding makes', () => {
    const file = node({ output_shape: intsAttribute([9, 4]) });
    const make = () => readModel(onnxFile(file), { loss });
    expect(make).toThrow(/the result of ConvTranspose must have 1 to 6 places, got 9$/);
  });

  it('refuses a padding by itself beside one that is stated', () => {
    const file = node({ auto_pad: textAttribute('SAME_UPPER'), output_padding: intsAttribute([1, 0]) });
    const make = () => readModel(onnxFile(file), { loss });
    expect(make).toThrow(
      /the auto_pad of ConvTranspose must be NOTSET beside output_padding, got SAME_UPPER$/,
    );
  });
});

describe('models as Keras and its converter write them', () => {
  const numbers = (name: string, int64s: number[]) => ({ name, dims: [int64s.length], type: 7, int64s });
  const perm = (order: number[]) => ({ perm: intsAttribute(order) });

  it('images with channels last: transposes around convolutions and pools, a reshape, MatMul and Add, Softmax', async () => {
    const file: FileFields = {
      opset: 15,
      inputs: [{ name: 'input_1', shape: ['unk__7', 8, 8, 2] }],
      outputs: [{ name: 'dense' }],
      nodes: [
        { op: 'Transpose', inputs: ['input_1'], outputs: ['t1'], attributes: perm([0, 3, 1, 2]) },
        {
          op: 'Conv',
          inputs: ['t1', 'kernel', 'bias'],
          outputs: ['c1'],
          attributes: {
            auto_pad: textAttribute('SAME_UPPER'),
            strides: intsAttribute([2, 2]),
            kernel_shape: intsAttribute([3, 3]),
          },
        },
        { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
        {
          op: 'BatchNormalization',
          inputs: ['r1', 'gamma', 'beta', 'mean', 'variance'],
          outputs: ['b1'],
          attributes: { epsilon: floatAttribute(0.001) },
        },
        {
          op: 'MaxPool',
          inputs: ['b1'],
          outputs: ['m1'],
          attributes: { kernel_shape: intsAttribute([2, 2]), strides: intsAttribute([2, 2]) },
        },
        { op: 'Transpose', inputs: ['m1'], outputs: ['t2'], attributes: perm([0, 2, 3, 1]) },
        { op: 'Reshape', inputs: ['t2', 'flat'], outputs: ['f'] },
        { op: 'MatMul', inputs: ['f', 'w'], outputs: ['mm'] },
        { op: 'Add', inputs: ['mm', 'b'], outputs: ['logits'] },
        { op: 'Softmax', inputs: ['logits'], outputs: ['dense'] },
      ],
      tensors: [
        tensor('kernel', [3, 2, 3, 3]),
        tensor('bias', [3]),
        tensor('gamma', [3]),
        tensor('beta', [3]),
        tensor('mean', [3]),
        tensor('variance', [3], [1, 0.5, 2]),
        numbers('flat', [-1, 12]),
        tensor('w', [12, 3]),
        tensor('b', [3]),
      ],
    };
    const model = await compareImport(file, { loss }, 3, 'logits');
    expect(model.notices).toEqual([
      'the model trains and comes back without the Softmax at its end, which softmax-cross-entropy has inside',
    ]);
    const whole = readModel(onnxFile({ ...file, outputs: [{ name: 'logits' }] }), { loss });
    expect(whole.notices).toEqual([]);
    expect(modelParameters(model).layout).toEqual(modelParameters(whole).layout);
  });

  it('a depthwise convolution, global pooling by ReduceMean, hard swish, Sigmoid behind a copy', async () => {
    const file: FileFields = {
      opset: 14,
      inputs: [{ name: 'x', shape: ['n', 6, 6, 4] }],
      outputs: [{ name: 'y' }],
      nodes: [
        { op: 'Transpose', inputs: ['x'], outputs: ['t1'], attributes: perm([0, 3, 1, 2]) },
        {
          op: 'Conv',
          inputs: ['t1', 'kernel'],
          outputs: ['c1'],
          attributes: {
            group: intAttribute(4),
            auto_pad: textAttribute('SAME_LOWER'),
            kernel_shape: intsAttribute([2, 2]),
          },
        },
        { op: 'HardSwish', inputs: ['c1'], outputs: ['h1'] },
        {
          op: 'ReduceMean',
          inputs: ['h1'],
          outputs: ['g1'],
          attributes: { axes: intsAttribute([2, 3]), keepdims: intAttribute(0) },
        },
        { op: 'MatMul', inputs: ['g1', 'w'], outputs: ['mm'] },
        { op: 'Add', inputs: ['mm', 'b'], outputs: ['logits'] },
        { op: 'Sigmoid', inputs: ['logits'], outputs: ['s'] },
        { op: 'Identity', inputs: ['s'], outputs: ['y'] },
      ],
      tensors: [tensor('kernel', [4, 1, 2, 2]), tensor('w', [4, 1]), tensor('b', [1])],
    };
    const model = await compareImport(file, { loss: 'binary-cross-entropy' }, 1, 'logits');
    expect(model.notices).toEqual([
      'the model trains and comes back without the Sigmoid at its end, which binary-cross-entropy has inside',
    ]);
  });
});

describe('an activation at the end', () => {
  const ending = (op: string, attributes: NodeFields['attributes'] = {}): FileFields => ({
    inputs: [{ name: 'x', shape: ['batch', 3] }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w'], outputs: ['l'] },
      { op, inputs: ['l'], outputs: ['y'], attributes },
    ],
    tensors: [tensor('w', [3, 1])],
  });

  it.each([
    ['Sigmoid', 'mean-squared-error'],
    ['Softmax', 'binary-cross-entropy'],
    ['Tanh', 'binary-cross-entropy'],
  ] as const)('stays where the loss does not have it inside: %s for %s', (op, other) => {
    expect(readModel(onnxFile(ending(op)), { loss: other }).notices).toEqual([]);
  });

  it('stays where a Softmax runs along the batch', () => {
    const file = ending('Softmax', { axis: intAttribute(0) });
    expect(readModel(onnxFile(file), { loss }).notices).toEqual([]);
  });
});
