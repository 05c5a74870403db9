/** Import: which tensors are trained and under which names, and what cannot be imported. */
import { describe, expect, it } from 'vitest';
import {
  forwardGraph,
  gemm,
  graphOf,
  importFile,
  parameterNames,
  weight,
  x,
  y,
} from '../../test/helpers/imported.js';
import { type FileFields, floatAttribute, type NodeFields } from '../../test/helpers/onnx-file.js';
import { ConfigError, ShapeError } from '../errors.js';
import { modelParameters } from './compile.js';
import type { ImportOptions } from './import-model.js';

const loss = 'softmax-cross-entropy';

describe('readModel', () => {
  it('makes parameters of the weights, with their names and values', () => {
    const model = importFile({
      tensors: [weight, { name: 'b', dims: [2], floats: [7, 8] }],
      nodes: [{ ...gemm, inputs: ['x', 'w', 'b'] }],
    });
    const { layout, initializers } = modelParameters(model);
    expect(layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['w', [3, 2]],
      ['b', [2]],
    ]);
    expect(initializers).toEqual([
      { values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { values: Float32Array.of(7, 8) },
    ]);
    expect(model).toMatchObject({ featureShape: [3], loss, name: 'onnx' });
  });

  it('leaves out what no node uses, scalars, integers, and what holds no weights', () => {
    const tensors = [
      weight,
      { name: 'unused', dims: [2], floats: [1, 1] },
      { name: 'half', floats: [0.5] },
      { name: 'low', dims: [], floats: [0] },
      { name: 'shape', dims: [2], type: 7, int64s: [-1, 3] },
    ];
    const nodes = [
      { op: 'Mul', inputs: ['x', 'half'], outputs: ['a'] },
      { op: 'Clip', inputs: ['a', 'low'], outputs: ['b'] },
      { op: 'Reshape', inputs: ['b', 'shape'], outputs: ['c'] },
      { ...gemm, inputs: ['c', 'w'] },
    ];
    expect(parameterNames({ tensors, nodes })).toEqual(['w']);
  });

  it('trains what it is told to, scalars too', () => {
    const tensors = [weight, { name: 'scale', floats: [2] }];
    const nodes = [
      { op: 'Mul', inputs: ['x', 'scale'], outputs: ['h'] },
      { ...gemm, inputs: ['h', 'w'] },
    ];
    expect(parameterNames({ tensors, nodes }, { trainable: (name) => name === 'scale' })).toEqual(['scale']);
  });

  it('keeps large tensors that are not trained as they are', () => {
    const model = importFile(
      {
        inputs: [{ name: 'x', shape: [1, 600] }],
        tensors: [
          { name: 'w', dims: [600, 2], raw: new Uint8Array(4800) },
          { name: 'b', dims: [2], floats: [0, 0] },
        ],
        nodes: [{ ...gemm, inputs: ['x', 'w', 'b'] }],
      },
      { trainable: (name) => name === 'b' },
    );
    const graph = graphOf(model);
    expect(graph.tensors.map(({ shape }) => shape)).toEqual([[600, 2]]);
    expect(graph.constants).toEqual([]);
  });

  it.each([
    ['features', 'file.features'],
    ['lossSum', 'file.lossSum'],
    ['next.w', 'file.next.w'],
    ['secondMoment.w', 'file.secondMoment.w'],
    ['firstWeight', 'file.firstWeight'],
    ['gemm#0', 'file.gemm_0'],
    ['a b/ü:0', 'a b/ü:0'],
  ])('calls a parameter named "%s" "%s"', (fileName, name) => {
    const file = { tensors: [{ ...weight, name: fileName }], nodes: [{ ...gemm, inputs: ['x', fileName] }] };
    expect(parameterNames(file)).toEqual([name]);
    expect(() => forwardGraph(file)).not.toThrow();
  });

  it('keeps names apart that would become the same', () => {
    const names = ['features', 'file.features'];
    const tensors = [
      { ...weight, name: names[0]! },
      { name: names[1]!, dims: [2], floats: [1, 1] },
    ];
    const made = parameterNames({ tensors, nodes: [{ ...gemm, inputs: ['x', ...names] }] });
    expect(new Set(made).size).toBe(2);
  });

  it('chooses the loss by the number of outputs', () => {
    expect(importFile({}, { loss: (outputs) => (outputs === 2 ? loss : 'mean-squared-error') }).loss).toBe(
      loss,
    );
  });
});

describe('a model that cannot be imported', () => {
  const named = (node: NodeFields): FileFields => ({
    nodes: [
      { name: 'n', ...node },
      { ...gemm, inputs: ['h', 'w'] },
    ],
  });
  const h = { inputs: ['x'], outputs: ['h'] };

  it.each<[string, FileFields, RegExp, Partial<ImportOptions>?]>([
    [
      'without an input',
      { inputs: [], nodes: [{ ...gemm, inputs: ['w', 'w'] }] },
      /^the model must have one input, of float32 or integers, got none$/,
    ],
    ['with two inputs', { inputs: [x, { name: 'z', type: 7 }] }, /got "x" \(float32\), "z" \(int64\)$/],
    [
      'with a text input',
      { inputs: [{ ...x, type: 8 }] },
      /^the model must have one input, of float32 or integers, got "x" \(another type\)$/,
    ],
    [
      'with an input of unknown sizes',
      { inputs: [{ name: 'x', shape: ['n', 'm'] }] },
      /^input "x" must have a batch axis and then known sizes, got \[n, m\]$/,
    ],
    [
      'with an input without a shape',
      { inputs: [{ name: 'x' }] },
      /^input "x" must have a batch axis and then known sizes, got \[\]$/,
    ],
    [
      'with two outputs',
      { outputs: [y, { name: 'x' }] },
      /^the model must have one output for the loss, got "y", "x"$/,
    ],
    [
      'without weights',
      { nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }] },
      /^the model must have a trainable float32 initialiser that its output depends on$/,
    ],
    [
      'with trainable integers',
      { tensors: [weight, { name: 'i', type: 7, int64s: [1] }] },
      /^a trainable initialiser must be float32, got "i" of int64$/,
      { trainable: () => true },
    ],
    [
      'with trainable texts',
      { tensors: [weight, { name: 't', type: 8 }] },
      /^a trainable initialiser must be float32, got "t" of string$/,
      { trainable: () => true },
    ],
    [
      'with a trainable tensor beside the graph',
      { tensors: [weight, { name: 'v', floats: [1] }] },
      /^the output must depend on trainable initialiser "v", it does not$/,
      { trainable: () => true },
    ],
    [
      'with an operator that no one knows',
      named({ ...h, op: 'Foo' }),
      /^node "n" \(Foo\) cannot be replayed: .*"Foo"/,
    ],
    [
      'with an operator that is too new',
      named({ ...h, op: 'RMSNormalization' }),
      /^node "n" \(RMSNormalization\) cannot be replayed: .* RMSNormalization is newer$/,
    ],
    [
      'with texts among its tensors',
      { tensors: [weight, { name: 't', type: 8 }], ...named({ ...h, inputs: ['x', 't'], op: 'Add' }) },
      /tensor "t" must hold numbers, got texts$/,
    ],
    [
      'that uses the mask of Dropout',
      named({ op: 'Dropout', inputs: ['x'], outputs: ['o', 'h'] }),
      /mask of Dropout must not be used/,
    ],
    [
      'of scikit-learn’s own operators',
      named({ ...h, op: 'LinearClassifier', domain: 'ai.onnx.ml' }),
      /^node "n" \(LinearClassifier\) must be .* scikit-learn's \(ai.onnx.ml\): build the model of MatMul/,
    ],
    [
      'with a ZipMap',
      named({ ...h, op: 'ZipMap', domain: 'ai.onnx.ml' }),
      /^node "n" \(ZipMap\) .* export without it \(zipmap=False\)/,
    ],
    [
      'with an unknown loss',
      {},
      /^loss must be one of softmax-cross-entropy, .*, got "hinge"$/,
      { loss: 'hinge' as 'mean-squared-error' },
    ],
  ])('%s is refused', (_, file, message, options = {}) => {
    expect(() => importFile(file, options)).toThrow(ConfigError);
    expect(() => importFile(file, options)).toThrow(message);
  });

  it.each<[string, FileFields, RegExp, Partial<ImportOptions>?]>([
    [
      'with sizes that do not fit',
      { inputs: [{ name: 'x', shape: ['n', 4] }] },
      /^node "node 0" \(Gemm\) cannot be replayed: /,
    ],
    [
      'with an output that is no matrix',
      {
        nodes: [{ ...gemm, op: 'Add', inputs: ['x', 'b'] }],
        inputs: [{ name: 'x', shape: ['n', 2, 2] }],
        tensors: [{ name: 'b', dims: [2], floats: [1, 1] }],
      },
      /^a model must have an output of \[batch, outputs\] for softmax-cross-entropy, got \[batch, time, outputs\]$/,
    ],
    [
      'with two outputs where the loss takes one',
      {},
      /^a model must have 1 output for mean-squared-error, got 2$/,
      { loss: 'mean-squared-error' },
    ],
    [
      'with absurd padding',
      {
        ...named({ ...h, op: 'Pad', inputs: ['x', 'p'] }),
        tensors: [weight, { name: 'p', dims: [4], type: 7, int64s: [0, 0, 0, 2 ** 53 - 2] }],
      },
      /^node "n" \(Pad\) cannot be replayed: /,
    ],
    [
      'with token ids where numbers are multiplied',
      { inputs: [{ ...x, type: 7 }] },
      /^node "node 0" \(Gemm\) cannot be replayed: Gemm must have float32, got "\S+" of int64$/,
    ],
    [
      'with one output an example where each position has a label',
      {},
      /^a model must have an output of \[batch, time, outputs\] for next-token-cross-entropy, got \[batch, outputs\]$/,
      { loss: 'next-token-cross-entropy' },
    ],
  ])('%s has the wrong shape', (_, file, message, options = {}) => {
    expect(() => importFile(file, options)).toThrow(ShapeError);
    expect(() => importFile(file, options)).toThrow(message);
  });

  it('names operator and node where there is no gradient', () => {
    const file = named({ ...h, op: 'Trilu' });
    expect(() =>
      importFile({
        ...file,
        nodes: [
          { ...gemm, outputs: ['l'] },
          { op: 'Trilu', inputs: ['l'], outputs: ['y'], name: 'n' },
        ],
      }),
    ).toThrow(/Trilu/);
  });

  it('uses the types that the file states where nothing else is known', () => {
    const stated = { values: [{ name: 'h', shape: ['batch', 3] }] };
    const node = { op: 'Hardmax', inputs: ['x'], outputs: ['h'], attributes: { alpha: floatAttribute(1) } };
    expect(() => importFile({ nodes: [node, { ...gemm, inputs: ['h', 'w'] }], ...stated })).not.toThrow();
    expect(() => importFile({ nodes: [node, { ...gemm, inputs: ['h', 'w'] }] })).toThrow(/Hardmax/);
  });
});
