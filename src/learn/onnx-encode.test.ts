/** ONNX files, read back by a reader of their own. */
import { describe, expect, it } from 'vitest';
import { bytesAt, floatsAt, integersAt, textsAt } from '../../test/helpers/wire-reader.js';
import { int, ints } from './attributes.js';
import { createGraphBuilder } from './graph.js';
import { encodeOnnx } from './onnx-encode.js';

/** One message of a field that must be there once. */
function only(bytes: Uint8Array, field: number): Uint8Array {
  const messages = bytesAt(bytes, field);
  expect(messages).toHaveLength(1);
  return messages[0] as Uint8Array;
}

describe('encodeOnnx', () => {
  const builder = createGraphBuilder();
  const x = builder.input('x', 'float32', ['batch', 3]);
  const half = builder.constant('float32', [], [0.5]);
  const axes = builder.constant('int64', [2], [-1, 0]);
  const depth = builder.constant('int32', [1], [-7]);
  const product = builder.node('Mul', [x, half]);
  const attributes = {
    perm: ints([1, -1]),
    keepdims: int(-3),
    alpha: { float: 0.25 },
    mode: { string: 'é' },
  };
  const type = { dtype: 'int32', shape: [2] } as const;
  const made = builder.node('Anything', [product, null, axes, depth], attributes, type);
  builder.output('y', made);
  const model = encodeOnnx(builder.build());
  const graph = only(model, 7);

  it('states the version of the format and of the operators', () => {
    expect(integersAt(model, 1)).toEqual([8]);
    expect(textsAt(only(model, 8), 1)).toEqual(['']);
    expect(integersAt(only(model, 8), 2)).toEqual([17]);
  });

  it('writes nodes with their inputs and outputs, a missing input as an empty name', () => {
    const nodes = bytesAt(graph, 1);
    expect(nodes.map((node) => textsAt(node, 4))).toEqual([['Mul'], ['Anything']]);
    expect(nodes.map((node) => textsAt(node, 1))).toEqual([
      ['x', half.name],
      [product.name, '', axes.name, depth.name],
    ]);
    expect(nodes.map((node) => textsAt(node, 2))).toEqual([[product.name], ['y']]);
  });

  it('writes every kind of attribute with its type', () => {
    const [perm, keepdims, alpha, mode] = bytesAt(bytesAt(graph, 1)[1] as Uint8Array, 5) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect([textsAt(perm, 1), integersAt(perm, 8), integersAt(perm, 20)]).toEqual([['perm'], [1, -1], [7]]);
    expect([integersAt(keepdims, 3), integersAt(keepdims, 20)]).toEqual([[-3], [2]]);
    expect([floatsAt(alpha, 2), integersAt(alpha, 20)]).toEqual([[0.25], [1]]);
    expect([textsAt(mode, 4), integersAt(mode, 20)]).toEqual([['é'], [3]]);
  });

  it('writes constants of every element type in the field of that type', () => {
    const [first, second, third] = bytesAt(graph, 5) as [Uint8Array, Uint8Array, Uint8Array];
    expect([textsAt(first, 8), integersAt(first, 1), integersAt(first, 2)]).toEqual([[half.name], [], [1]]);
    expect(floatsAt(first, 4)).toEqual([0.5]);
    expect([integersAt(second, 1), integersAt(second, 2), integersAt(second, 7)]).toEqual([
      [2],
      [7],
      [-1, 0],
    ]);
    expect([integersAt(third, 1), integersAt(third, 2), integersAt(third, 5)]).toEqual([[1], [6], [-7]]);
  });

  it('writes inputs and outputs with element type and shape, known sizes and named ones', () => {
    const typeOf = (value: Uint8Array) => only(only(value, 2), 1);
    const dims = (value: Uint8Array) => bytesAt(only(typeOf(value), 2), 1);
    const input = only(graph, 11);
    expect([textsAt(input, 1), integersAt(typeOf(input), 1)]).toEqual([['x'], [1]]);
    expect(dims(input).map((dim) => [textsAt(dim, 2), integersAt(dim, 1)])).toEqual([
      [['batch'], []],
      [[], [3]],
    ]);
    const output = only(graph, 12);
    expect([textsAt(output, 1), integersAt(typeOf(output), 1)]).toEqual([['y'], [6]]);
    expect(dims(output).map((dim) => integersAt(dim, 1))).toEqual([[2]]);
  });

  it('writes large tensors as raw bytes, and lists of floats and texts', () => {
    const other = createGraphBuilder();
    const w = other.tensor([1, 2], Float32Array.of(1, -2), 'w');
    const lists = { scales: { floats: [0.5, 2] }, names: { strings: ['a', 'ü'] } };
    other.output('y', other.node('Anything', [w], lists, { dtype: 'float32', shape: [] }));
    const written = only(encodeOnnx(other.build()), 7);
    const tensor = only(written, 5);
    expect([integersAt(tensor, 1), integersAt(tensor, 2), textsAt(tensor, 8)]).toEqual([[1, 2], [1], ['w']]);
    expect([...only(tensor, 9)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    const [scales, names] = bytesAt(only(written, 1), 5);
    expect([floatsAt(scales!, 7), integersAt(scales!, 20)]).toEqual([[0.5, 2], [6]]);
    expect([textsAt(names!, 9), integersAt(names!, 20)]).toEqual([['a', 'ü'], [8]]);
  });
});
