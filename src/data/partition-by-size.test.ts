import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import { dirichletDraw, dirichletSizes, iid, linearSizes, powerLawSizes } from './partition-by-size.js';

const sizes = (parts: Uint32Array[]) => parts.map((part) => part.length);

describe('iid', () => {
  it('deals sizes that differ by one at most', () => {
    expect(sizes(iid(11, 4, 1))).toEqual([3, 3, 3, 2]);
  });

  it('mixes: the first client does not just get the first examples', () => {
    expect(iid(1000, 2, 1)[0]).not.toEqual(Uint32Array.from({ length: 500 }, (_, index) => index));
  });

  it.each([0, 12, 1.5, Number.NaN])('refuses %d clients for 11 examples', (clients) => {
    expect(() => iid(11, clients, 1)).toThrow(
      new ConfigError(`clients must be an integer from 1 to 11, got ${clients}`),
    );
  });
});

describe('linearSizes', () => {
  it('gives client k a share proportional to k', () => {
    expect(sizes(linearSizes(60, 3, 1))).toEqual([10, 20, 30]);
  });
});

describe('powerLawSizes', () => {
  it('gives client k a share proportional to a power of k', () => {
    expect(sizes(powerLawSizes(49, 3, 2, 1))).toEqual([36, 9, 4]);
  });

  it('deals equal sizes for exponent 0', () => {
    expect(sizes(powerLawSizes(12, 4, 0, 1))).toEqual([3, 3, 3, 3]);
  });

  it('gives everyone at least one example under the steepest law', () => {
    expect(sizes(powerLawSizes(12, 4, 100, 1))).toEqual([9, 1, 1, 1]);
  });
});

describe('dirichletSizes', () => {
  it('deals nearly equal sizes for a large alpha', () => {
    for (const size of sizes(dirichletSizes(10_000, 10, 1e6, 1)))
      expect(Math.abs(size - 1000)).toBeLessThan(20);
  });

  it('deals almost everything to one client for the smallest alpha', () => {
    expect(sizes(dirichletSizes(1000, 10, 1e-6, 1)).sort((a, b) => b - a)).toEqual([
      991,
      ...new Array(9).fill(1),
    ]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses alpha %d', (alpha) => {
    expect(() => dirichletSizes(10, 2, alpha, 1)).toThrow(ConfigError);
  });
});

describe('dirichletDraw', () => {
  it('has the mean and the variance of the distribution', () => {
    const random = seededRandom(3);
    const alphas = [0.5, 1, 2.5];
    const draws = Array.from({ length: 20_000 }, () => {
      const weights = dirichletDraw(random, alphas);
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight) => weight / sum);
    });
    for (const [index, alpha] of alphas.entries()) {
      const mean = draws.reduce((sum, draw) => sum + draw[index]!, 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw[index]! - mean) ** 2, 0) / draws.length;
      const expected = alpha / 4;
      // Six standard errors of the mean are below 0.012; the seed is fixed, so this never flickers.
      expect(Math.abs(mean - expected)).toBeLessThan(0.012);
      expect(variance / ((expected * (1 - expected)) / 5)).toBeCloseTo(1, 1);
    }
  });
});
