/** The graph builder: what it keeps, reuses and names. */
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.js';
import { int } from './attributes.js';
import { createGraphBuilder } from './graph.js';

describe('createGraphBuilder', () => {
  it('leaves out nodes and constants that no output depends on', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const used = builder.node('Relu', [x]);
    builder.node('Mul', [used, builder.constant('float32', [], [2])]);
    builder.output('y', used);
    const graph = builder.build();
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Relu']);
    expect(graph.constants).toEqual([]);
    expect(graph.inputs).toEqual([x]);
  });

  it('keeps what an output depends on through other nodes, in an order that can run', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const two = builder.constant('float32', [], [2]);
    builder.output('y', builder.node('Add', [builder.node('Mul', [x, two]), x]));
    const graph = builder.build();
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Mul', 'Add']);
    expect(graph.constants).toEqual([two]);
  });

  it('reuses a node with equal inputs and attributes, and a constant with equal elements', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2, 2]);
    expect(builder.node('Relu', [x])).toBe(builder.node('Relu', [x]));
    expect(builder.constant('int64', [1], [3])).toBe(builder.constant('int64', [1], [3]));
    expect(builder.added).toHaveLength(1);
  });

  it('tells apart nodes with other inputs or attributes, and constants of another type or shape', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2, 2]);
    const y = builder.input('y', 'float32', [2, 2]);
    const products = [
      builder.node('Gemm', [x, y]),
      builder.node('Gemm', [y, x]),
      builder.node('Gemm', [x, y], { transA: int(1) }),
    ];
    const constants = [
      builder.constant('int64', [1], [3]),
      builder.constant('int32', [1], [3]),
      builder.constant('int64', [], [3]),
    ];
    expect(new Set(products.map(({ name }) => name)).size).toBe(3);
    expect(new Set(constants.map(({ name }) => name)).size).toBe(3);
  });

  it('keeps one array of floats as one tensor, without a copy, and only where an output depends on it', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const values = Float32Array.of(1, 2);
    expect(builder.tensor([2], values)).toBe(builder.tensor([2], values));
    builder.tensor([1], Float32Array.of(3), 'named');
    builder.output('y', builder.node('Add', [x, builder.tensor([2], values)]));
    const { tensors } = builder.build();
    expect(tensors).toHaveLength(1);
    expect(tensors[0]?.values).toBe(values);
  });

  it('says of nodes where they come from, while it is told', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    builder.from('node "a" (Relu)');
    builder.node('Relu', [x]);
    builder.from(undefined);
    builder.node('Neg', [x]);
    expect(builder.added.map(({ origin }) => origin)).toEqual(['node "a" (Relu)', undefined]);
  });

  it('gives an output its name where it is made, and everywhere it is used', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const inner = builder.node('Relu', [x]);
    builder.output('a', inner);
    builder.output('b', builder.node('Neg', [inner]));
    expect(builder.build().nodes).toEqual([
      { op: 'Relu', inputs: ['x'], outputs: ['a'], attributes: {} },
      { op: 'Neg', inputs: ['a'], outputs: ['b'], attributes: {} },
    ]);
  });

  it('copies a value that leaves twice, or that came in', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const inner = builder.node('Relu', [x]);
    builder.output('a', inner);
    builder.output('b', inner);
    builder.output('c', x);
    expect(builder.build().nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ['Relu', ['x'], ['a']],
      ['Identity', ['a'], ['b']],
      ['Identity', ['x'], ['c']],
    ]);
  });

  it('knows which node made a value', () => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    expect(builder.producer(builder.node('Relu', [x]))?.op).toBe('Relu');
    expect(builder.producer(x)).toBeUndefined();
  });

  it('refuses a name that is taken, and one that is unknown', () => {
    const builder = createGraphBuilder();
    builder.input('x', 'float32', [2]);
    expect(() => builder.input('x', 'float32', [2])).toThrow(
      new ShapeError('the graph already has a value named "x"'),
    );
    expect(() => builder.value('z')).toThrow(new ShapeError('the graph has no value named "z"'));
  });
});
