/** Graphs as converters write them, by hand: after the import they compute what ONNX Runtime makes of the file. */
import { describe, expect, it } from 'vitest';
import { modelParameters } from '../../src/learn/compile.js';
import { compareImport } from '../helpers/compare-import.js';
import { type FileFields, floatAttribute, intAttribute, type NodeFields } from '../helpers/onnx-file.js';

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
