import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { partitionDataset } from './partition.js';
import { type PartitionSpec, parsePartition } from './partition-spec.js';

function datasetOf(count: number, classes: number): Dataset {
  return {
    name: 'toy',
    task: 'classification',
    count,
    featureShape: [1],
    features: new Float32Array(count),
    labels: Float32Array.from({ length: count }, (_, index) => (7 * index + (index >> 2)) % classes),
    classNames: Array.from({ length: classes }, (_, label) => String(label)),
    groups: Array.from({ length: count }, (_, index) => `owner ${index % 3}`),
  };
}

const toy = datasetOf(300, 10);
const course = parsePartition('without:1+3+7/2+5+8/4+6+9');

const anySpec: fc.Arbitrary<PartitionSpec> = fc.oneof(
  fc.constantFrom<PartitionSpec>({ type: 'iid' }, { type: 'linear' }),
  fc.record({ type: fc.constant('shards' as const), shardsPerClient: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('classes' as const), classesPerClient: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    type: fc.constantFrom('dirichlet' as const, 'dirichlet-size' as const),
    alpha: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  }),
  fc.record({
    type: fc.constant('power-law' as const),
    exponent: fc.double({ min: 0, max: 100, noNaN: true }),
  }),
);

describe('partitionDataset', () => {
  it('deals every example once and leaves nobody empty, or says why it cannot', () => {
    let dealt = 0;
    fc.assert(
      fc.property(
        anySpec,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer(),
        (spec, clients, count, seed) => {
          const dataset = datasetOf(count, 4);
          try {
            const parts = partitionDataset(dataset, spec, clients, seed).clients.map(
              ({ indices }) => indices,
            );
            expect(parts).toHaveLength(clients);
            expect(Math.min(...parts.map((part) => part.length))).toBeGreaterThanOrEqual(1);
            const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b);
            expect(all).toEqual([...dataset.labels.keys()]);
            for (const part of parts) expect(part).toEqual(part.slice().sort());
            dealt += 1;
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(dealt).toBeGreaterThan(150);
  });

  it('deals the same for the same seed and otherwise for another', () => {
    for (const text of [
      'iid',
      'shards:2',
      'dirichlet:0.5',
      'dirichlet-size:1',
      'power-law:1',
      'linear',
      'classes:2',
    ]) {
      const deal = (seed: number) => partitionDataset(toy, parsePartition(text), 10, seed);
      expect(deal(1)).toEqual(deal(1));
      expect(deal(1)).not.toEqual(deal(2));
    }
  });

  it('names clients by number', () => {
    expect(partitionDataset(toy, { type: 'iid' }, 2, 1).clients.map(({ name }) => name)).toEqual([
      'client 0',
      'client 1',
    ]);
  });

  it('leaves the missing digits of the course out of each client, and no digit out of all', () => {
    const { clients } = partitionDataset(datasetOf(5000, 10), course, undefined, 1);
    const labels = datasetOf(5000, 10).labels;
    const held = clients.map(({ indices }) => new Set(Array.from(indices, (index) => labels[index]!)));
    for (const [client, missing] of [
      [1, 3, 7],
      [2, 5, 8],
      [4, 6, 9],
    ].entries()) {
      for (const label of missing) expect(held[client]!.has(label)).toBe(false);
    }
    expect(clients.reduce((sum, { indices }) => sum + indices.length, 0)).toBe(5000);
  });

  it('finds classes by name', () => {
    const named = { ...datasetOf(40, 2), classNames: ['cat', 'dog'] };
    const { clients } = partitionDataset(named, parsePartition('labels:dog/cat'), 2, 1);
    expect(named.labels[clients[0]!.indices[0]!]).toBe(1);
    expect(() => partitionDataset(named, parsePartition('labels:cow/cat'), 2, 1)).toThrow(
      new ConfigError('partition labels must name classes among cat, dog, got "cow"'),
    );
  });

  it('makes clients of owners', () => {
    const { clients } = partitionDataset(toy, parsePartition('natural'), undefined, 1);
    expect(clients.map(({ name, indices }) => [name, indices.length])).toEqual([
      ['owner 0', 100],
      ['owner 1', 100],
      ['owner 2', 100],
    ]);
  });

  it('refuses natural clients without owners', () => {
    const { groups: _, ...alone } = toy;
    expect(() => partitionDataset(alone, parsePartition('natural'), undefined, 1)).toThrow(
      'partition natural needs examples with owners, got "toy" without any',
    );
  });

  it.each(['dirichlet:1', 'classes:2', 'labels:0/1'])('refuses %s without classes', (text) => {
    const dataset: Dataset = { ...toy, task: 'regression', classNames: [] };
    expect(() => partitionDataset(dataset, parsePartition(text), 2, 1)).toThrow(
      'needs examples with classes',
    );
  });

  it('refuses to sort sequences by a label, of which they have many', () => {
    const text: Dataset = { ...toy, task: 'next-token', name: 'text' };
    expect(() => partitionDataset(text, parsePartition('shards:2'), 2, 1)).toThrow(
      new ConfigError('partition shards needs examples with classes, got "text" for next-token'),
    );
  });

  it('refuses another number of clients than groups of classes', () => {
    expect(() => partitionDataset(toy, course, 100, 1)).toThrow(
      new ConfigError('clients must be 3, one for each group of partition without, got 100'),
    );
  });

  it.each(['iid', 'shards:1', 'dirichlet:1', 'dirichlet-size:1', 'power-law:1', 'linear', 'classes:1'])(
    'refuses more clients than examples, or none, for %s',
    (text) => {
      for (const clients of [0, 301]) {
        expect(() => partitionDataset(toy, parsePartition(text), clients, 1)).toThrow(
          new ConfigError(`clients must be an integer from 1 to 300, got ${clients}`),
        );
      }
      expect(() => partitionDataset(toy, parsePartition(text), undefined, 1)).toThrow(
        'clients must be given',
      );
    },
  );
});
