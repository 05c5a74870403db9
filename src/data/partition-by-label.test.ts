import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { classesPerClient, dealLabelSubsets, dirichletLabels, shards } from './partition-by-label.js';

const names = ['a', 'b', 'c', 'd', 'e'];
/** 5 classes of 200 examples, interleaved. */
const labels = Float32Array.from({ length: 1000 }, (_, index) => index % 5);

const sizes = (parts: Uint32Array[]) => parts.map((part) => part.length);
const classesOf = (part: Uint32Array) => [...new Set(Array.from(part, (index) => labels[index]!))].sort();
const mixture = (part: Uint32Array) =>
  names.map((_, label) => part.filter((index) => labels[index] === label).length / part.length);

describe('shards', () => {
  it('gives clients of equal size few labels', () => {
    const parts = shards(labels, 10, 2, 1);
    expect(sizes(parts)).toEqual(new Array(10).fill(100));
    for (const part of parts) expect(classesOf(part).length).toBeLessThanOrEqual(2);
  });

  it('cuts shards of sizes as equal as possible', () => {
    const parts = shards(labels.slice(0, 100), 3, 7, 1);
    // 100 examples in 21 shards: each has 4 or 5, and a client has 7 of them.
    for (const part of parts) {
      expect(part.length).toBeGreaterThanOrEqual(28);
      expect(part.length).toBeLessThanOrEqual(35);
    }
  });

  it('deals other shards for another seed', () => {
    expect(shards(labels, 10, 2, 1)).not.toEqual(shards(labels, 10, 2, 2));
  });

  it('sorts regression targets', () => {
    const targets = Float32Array.of(5, -1, 3, 0.5);
    const parts = shards(targets, 2, 1, 1).map((part) => [...part]);
    expect(parts.sort((a, b) => a[0]! - b[0]!)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  it('refuses more shards than examples', () => {
    expect(() => shards(labels, 400, 3, 1)).toThrow(
      new ConfigError('shards a client must be an integer from 1 to 2, got 3'),
    );
  });
});

describe('dirichletLabels', () => {
  it('gives every client the mixture of the whole for a large alpha', () => {
    for (const part of dirichletLabels(labels, 5, 1e6, 1)) {
      // Two hundred draws without replacement: 0.15 is more than five standard deviations.
      for (const share of mixture(part)) expect(Math.abs(share - 0.2)).toBeLessThan(0.15);
    }
  });

  it('gives clients mostly one label for a tiny alpha, and evens out as alpha grows', () => {
    const purity = (alpha: number) => {
      const largest = dirichletLabels(labels, 50, alpha, 1).map((part) => Math.max(...mixture(part)));
      return largest.reduce((a, b) => a + b, 0) / 50;
    };
    const [tiny, one, large] = [purity(1e-6), purity(1), purity(1e6)];
    expect(tiny).toBeGreaterThan(0.8);
    expect(one).toBeGreaterThan(0.5);
    expect(one).toBeLessThan(0.75);
    expect(large).toBeLessThan(0.4);
  });

  it('deals sizes that differ by one at most, so that nobody is empty', () => {
    expect(sizes(dirichletLabels(labels, 999, 0.01, 1))).toEqual([2, ...new Array(998).fill(1)]);
  });
});

describe('dealLabelSubsets', () => {
  it('gives clients only the classes they hold, shared classes evenly', () => {
    const parts = dealLabelSubsets(
      labels,
      [
        [0, 1],
        [1, 2],
        [1, 3, 4],
      ],
      1,
      names,
    );
    expect(parts.map(classesOf)).toEqual([
      [0, 1],
      [1, 2],
      [1, 3, 4],
    ]);
    const second = parts.map((part) => part.filter((index) => labels[index] === 1).length);
    expect(second.sort()).toEqual([66, 67, 67]);
  });

  it('refuses to leave examples of a class with nobody, by its name', () => {
    expect(() =>
      dealLabelSubsets(
        labels,
        [
          [0, 1],
          [2, 4],
        ],
        1,
        names,
      ),
    ).toThrow(new ConfigError('partition must give every class to a client, got none for "d"'));
  });

  it('refuses to leave a client without examples', () => {
    expect(() => dealLabelSubsets(labels, [[0, 1, 2, 3, 4], []], 1, names)).toThrow(
      new ConfigError('partition must give every client an example, got none for client 1'),
    );
  });
});

describe('classesPerClient', () => {
  it('gives each client exactly so many classes, and each class as many clients as any other', () => {
    const parts = classesPerClient(labels, 7, 3, 1, names);
    for (const part of parts) expect(classesOf(part)).toHaveLength(3);
    const holders = names.map((_, label) => parts.filter((part) => classesOf(part).includes(label)).length);
    expect(Math.max(...holders) - Math.min(...holders)).toBeLessThanOrEqual(1);
  });

  it('refuses too few clients to hold every class', () => {
    expect(() => classesPerClient(labels, 2, 2, 1, names)).toThrow(
      new ConfigError('clients must be at least 3 to hold 5 classes, 2 each, got 2'),
    );
  });

  it.each([0, 6, 1.5])('refuses %d of 5 classes a client', (classes) => {
    expect(() => classesPerClient(labels, 10, classes, 1, names)).toThrow(
      'classes a client must be an integer from 1 to 5',
    );
  });
});
