import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { labelCounts, splitClients } from './held-out.js';
import { type Partition, partitionDataset } from './partition.js';
import { parsePartition } from './partition-spec.js';

function datasetOf(labels: number[], extra: Partial<Dataset> = {}): Dataset {
  return {
    name: 'toy',
    task: 'classification',
    count: labels.length,
    featureShape: [1],
    features: new Float32Array(labels.length),
    labels: Float32Array.from(labels),
    classNames: ['a', 'b', 'c'],
    ...extra,
  };
}

function partitionOf(...parts: number[][]): Partition {
  return {
    clients: parts.map((part, index) => ({ name: `client ${index}`, indices: Uint32Array.from(part) })),
  };
}

const repeat = (label: number, times: number) => new Array<number>(times).fill(label);

describe('splitClients with a test part', () => {
  const train = datasetOf([...repeat(0, 6), ...repeat(1, 4)]);
  const test = datasetOf([...repeat(0, 30), ...repeat(1, 8), ...repeat(2, 5)]);
  const partition = partitionOf([0, 1, 2, 3, 6], [4, 5, 7, 8, 9]);

  it('deals the test examples of each label in proportion to the training examples of that label', () => {
    const { clients, serverHeldOut } = splitClients(partition, { train, test }, { seed: 1 });
    expect(clients.map(({ heldOut }) => labelCounts(heldOut, 3))).toEqual([
      [20, 2, 0],
      [10, 6, 0],
    ]);
    expect(serverHeldOut.indices).toHaveLength(43);
  });

  it('leaves training examples whole', () => {
    const { clients } = splitClients(partition, { train, test }, { seed: 1 });
    expect(clients.map(({ train: own }) => own.indices)).toEqual(
      partition.clients.map(({ indices }) => indices),
    );
    expect(clients[0]!.train.dataset).toBe(train);
    expect(clients[0]!.heldOut.dataset).toBe(test);
  });

  it('deals each test example to one client at most, and all of labels that somebody trains on', () => {
    const labels = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(
        labels,
        labels,
        fc.integer({ min: 1, max: 20 }),
        fc.integer(),
        (own, tested, count, seed) => {
          const split = { train: datasetOf(own), test: datasetOf(tested) };
          const dealt = partitionDataset(split.train, parsePartition('iid'), count, seed);
          const { clients } = splitClients(dealt, split, { seed });
          const all = clients.flatMap(({ heldOut }) => [...heldOut.indices]).sort((a, b) => a - b);
          expect(all).toEqual([...tested.keys()].filter((index) => own.includes(tested[index]!)));
        },
      ),
    );
  });

  it('deals by owner where clients are owners and test examples have owners', () => {
    const split = {
      train: datasetOf([0, 0, 1, 1], { groups: ['x', 'y', 'x', 'y'] }),
      test: datasetOf([0, 0, 0], { groups: ['y', 'x', 'y'] }),
    };
    const natural = partitionDataset(split.train, parsePartition('natural'), undefined, 1);
    const { clients } = splitClients(natural, split, { seed: 1 });
    expect(clients.map(({ heldOut }) => [...heldOut.indices])).toEqual([[1], [0, 2]]);
  });

  it('deals regression examples by the number of training examples', () => {
    const regression = { task: 'regression', classNames: [] } as const;
    const split = {
      train: datasetOf([0.1, 0.2, 0.3, 0.4], regression),
      test: datasetOf(repeat(0.5, 8), regression),
    };
    const { clients } = splitClients(partitionOf([0], [1, 2, 3]), split, { seed: 1 });
    expect(clients.map(({ heldOut }) => heldOut.indices.length)).toEqual([2, 6]);
  });

  it('deals otherwise for another seed', () => {
    const deal = (seed: number) =>
      splitClients(partition, { train, test }, { seed }).clients[0]!.heldOut.indices;
    expect(deal(1)).toEqual(deal(1));
    expect(deal(1)).not.toEqual(deal(2));
  });
});

describe('splitClients without a test part', () => {
  const train = datasetOf(repeat(0, 24));

  it('lets each client set aside its share, at least one example and never the last', () => {
    const parts = partitionOf([0], [1, 2], [3, 4, 5], [...train.labels.keys()].slice(6, 21));
    const { clients, serverHeldOut } = splitClients(parts, { train }, { seed: 1 });
    expect(clients.map((client) => [client.train.indices.length, client.heldOut.indices.length])).toEqual([
      [1, 0],
      [1, 1],
      [2, 1],
      [12, 3],
    ]);
    const aside = clients.flatMap(({ heldOut }) => [...heldOut.indices]).sort((a, b) => a - b);
    expect([...serverHeldOut.indices]).toEqual(aside);
  });

  it('divides what a client has', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.integer(), (heldOutFraction, seed) => {
        const parts = partitionOf([3, 5, 8, 13, 21]);
        const { clients } = splitClients(parts, { train }, { heldOutFraction, seed });
        const { train: kept, heldOut } = clients[0]!;
        expect([...kept.indices, ...heldOut.indices].sort((a, b) => a - b)).toEqual([3, 5, 8, 13, 21]);
        expect(kept.indices.length).toBeGreaterThan(0);
        expect(heldOut.indices.length).toBeGreaterThan(0);
      }),
    );
  });

  it.each([0, 1, -0.1, Number.NaN])('refuses the fraction %d', (heldOutFraction) => {
    expect(() => splitClients(partitionOf([0, 1]), { train }, { heldOutFraction, seed: 1 })).toThrow(
      new ConfigError(`heldOutFraction must be above 0 and below 1, got ${heldOutFraction}`),
    );
  });

  it('refuses clients of one example each', () => {
    expect(() => splitClients(partitionOf([0], [1]), { train }, { seed: 1 })).toThrow(ConfigError);
  });
});

describe('labelCounts', () => {
  it('counts only the examples chosen', () => {
    const dataset = datasetOf([0, 2, 2, 1]);
    expect(labelCounts({ dataset, indices: Uint32Array.of(1, 2, 3) }, 3)).toEqual([0, 1, 2]);
  });
});
