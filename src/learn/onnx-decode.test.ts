/** The decoder: what it makes of sound files, and of data beside them. */
import { describe, expect, it } from 'vitest';
import {
  type FileFields,
  floatAttribute,
  intAttribute,
  intsAttribute,
  onnxFile,
  type TensorFields,
  tensorAttribute,
  textAttribute,
} from '../../test/helpers/onnx-file.js';
import { ConfigError } from '../errors.js';
import { decodeOnnx } from './onnx-decode.js';

const x = { name: 'x', shape: ['batch', 2] };
const y = { name: 'y' };
const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
const decode = (file: FileFields) =>
  decodeOnnx(onnxFile({ inputs: [x], outputs: [y], nodes: [relu], ...file }));
const tensorOf = (tensor: TensorFields) =>
  decode({ tensors: [{ name: 'w', ...tensor }] }).initializers.get('w');
const bytesOf = (data: Float32Array | Float64Array | BigInt64Array | Int32Array) =>
  new Uint8Array(data.buffer);

describe('decodeOnnx', () => {
  it('reads inputs, outputs and stated values with their types, sizes by name where they are free', () => {
    const values = [
      { name: 'h', type: 7, shape: [1, 2] },
      { name: 'odd', type: 16 },
    ];
    const model = decode({ values });
    expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 2] }]);
    expect(model.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: null }]);
    expect(model.values.get('h')).toEqual({ name: 'h', dtype: 'int64', shape: [1, 2] });
    expect(model.values.get('odd')).toEqual({ name: 'odd', dtype: null, shape: null });
    expect(model.opset).toBe(17);
  });

  it('reads nodes with every kind of attribute, and names those that have no name by their place', () => {
    const attributes = {
      axis: intAttribute(-1),
      alpha: floatAttribute(0.5),
      mode: textAttribute('é'),
      perm: intsAttribute([1, 0]),
      value: tensorAttribute({ dims: [1], floats: [3] }),
    };
    const [node] = decode({ nodes: [{ ...relu, attributes }] }).nodes;
    expect(node).toMatchObject({ name: 'node 0', op: 'Relu', inputs: ['x'], outputs: ['y'] });
    expect(node?.attributes).toEqual({
      axis: { int: -1 },
      alpha: { float: 0.5 },
      mode: { string: 'é' },
      perm: { ints: [1, 0] },
      value: { name: '', tensor: { dtype: 'float32', shape: [1], data: Float32Array.of(3) } },
    });
  });

  it.each([
    [
      'floats, typed',
      { dims: [2], floats: [1, 2] },
      { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) },
    ],
    [
      'floats, raw',
      { dims: [2, 1], raw: bytesOf(Float32Array.of(1, -2)) },
      { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1, -2) },
    ],
    [
      'doubles that are floats',
      { dims: [1], type: 11, raw: bytesOf(Float64Array.of(0.5)) },
      { dtype: 'float32', shape: [1], data: Float32Array.of(0.5) },
    ],
    [
      '64-bit integers, typed',
      { dims: [2], type: 7, int64s: [-1, 5] },
      { dtype: 'int64', shape: [2], data: [-1, 5] },
    ],
    [
      '64-bit integers, raw',
      { dims: [2], type: 7, raw: bytesOf(BigInt64Array.of(-1n, 2n ** 63n - 1n)) },
      { dtype: 'int64', shape: [2], data: [-1, Number.MAX_SAFE_INTEGER] },
    ],
    [
      '32-bit integers, raw',
      { dims: [1], type: 6, raw: bytesOf(Int32Array.of(-9)) },
      { dtype: 'int32', shape: [1], data: [-9] },
    ],
    [
      'truth values, raw',
      { dims: [3], type: 9, raw: Uint8Array.of(0, 1, 7) },
      { dtype: 'bool', shape: [3], data: [0, 1, 1] },
    ],
    ['truth values, typed', { dims: [1], type: 9, int32s: [1] }, { dtype: 'bool', shape: [1], data: [1] }],
    ['a scalar', { floats: [4] }, { dtype: 'float32', shape: [], data: Float32Array.of(4) }],
    ['nothing', { dims: [0, 3] }, { dtype: 'float32', shape: [0, 3], data: new Float32Array() }],
    ['texts, of which only the shape is kept', { dims: [2], type: 8 }, { dtype: 'string', shape: [2] }],
  ] as const)('reads a tensor of %s', (_, tensor, expected) => {
    expect(tensorOf(tensor)).toEqual(expected);
  });

  it('copies data out of the file, so that the file may change', () => {
    const bytes = Buffer.from(
      onnxFile({
        nodes: [relu],
        inputs: [x],
        outputs: [y],
        tensors: [{ name: 'w', dims: [1], raw: bytesOf(Float32Array.of(1)) }],
      }),
    );
    const { initializers } = decodeOnnx(bytes);
    bytes.fill(0);
    expect(initializers.get('w')).toMatchObject({ data: Float32Array.of(1) });
  });

  it('takes an input that has an initialiser for an initialiser, as old files have it', () => {
    const model = decode({
      inputs: [x, { name: 'w', shape: [1] }],
      tensors: [{ name: 'w', dims: [1], floats: [1] }],
    });
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it.each([
    [
      'value',
      tensorAttribute({ dims: [1], type: 7, int64s: [3] }),
      { dtype: 'int64', shape: [1], data: [3] },
    ],
    ['value_float', floatAttribute(2), { dtype: 'float32', shape: [], data: Float32Array.of(2) }],
    ['value_int', intAttribute(4), { dtype: 'int64', shape: [], data: [4] }],
    ['value_ints', intsAttribute([1, 2]), { dtype: 'int64', shape: [2], data: [1, 2] }],
  ] as const)('keeps what a Constant node holds in %s apart from the nodes', (name, write, expected) => {
    const constant = { op: 'Constant', outputs: ['c'], attributes: { [name]: write } };
    const model = decode({ nodes: [constant, relu] });
    expect(model.constants.get('c')).toEqual(expected);
    expect(model.nodes.map(({ op }) => op)).toEqual(['Relu']);
  });

  it('brings nodes into an order in which they can run', () => {
    const nodes = [
      { op: 'Add', inputs: ['b', 'a'], outputs: ['y'] },
      { op: 'Neg', inputs: ['a'], outputs: ['b'] },
      { op: 'Relu', inputs: ['x'], outputs: ['a'] },
    ];
    expect(decode({ nodes }).nodes.map(({ op }) => op)).toEqual(['Relu', 'Neg', 'Add']);
    expect(decode({ nodes: [...nodes].reverse() }).nodes.map(({ op }) => op)).toEqual(['Relu', 'Neg', 'Add']);
  });
});

describe('data beside the model', () => {
  const file = (external: Record<string, string>) =>
    onnxFile({ inputs: [x], outputs: [y], nodes: [relu], tensors: [{ name: 'w', dims: [2], external }] });

  it('is asked for by place, offset and length', () => {
    const asked: unknown[] = [];
    const externalData = (...request: [string, number, number]) => {
      asked.push(request);
      return bytesOf(Float32Array.of(1, 2));
    };
    const stated = { location: 'data/weights.bin', offset: '4096', length: '8' };
    const { initializers } = decodeOnnx(file(stated), { externalData });
    expect(initializers.get('w')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) });
    decodeOnnx(file({ location: 'w' }), { externalData });
    expect(asked).toEqual([
      ['data/weights.bin', 4096, 8],
      ['w', 0, 8],
    ]);
  });

  it.each(['../w', 'a/../../w', '/etc/passwd', 'C:w', 'a\\..\\w', '', 'a//b', 'w\0.bin', '..'])(
    'is refused outside the folder: "%s"',
    (location) => {
      const externalData = () => expect.fail('it was asked for');
      expect(() => decodeOnnx(file({ location }), { externalData })).toThrow(
        new ConfigError(`tensor "w" must have its external data below the model's folder, got "${location}"`),
      );
    },
  );

  it.each([
    [{ location: 'w', length: '12' }, 'tensor "w" must have 8 bytes for its sizes, got 12'],
    [
      { location: 'w', offset: '-1' },
      'tensor "w" must have an integer as the offset of its external data, got "-1"',
    ],
    [{ location: 'w' }, 'tensor "w" must have 8 bytes for its sizes, got 4'],
  ])('is refused where it does not fit: %o', (external, message) => {
    expect(() => decodeOnnx(file(external), { externalData: () => new Uint8Array(4) })).toThrow(message);
  });

  it('must have a way to be had', () => {
    expect(() => decodeOnnx(file({ location: 'w' }))).toThrow(
      new ConfigError('externalData must be given, since tensor "w" lies in "w"'),
    );
  });
});
