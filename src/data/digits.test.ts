import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { DIGIT_SKELETONS } from './digit-skeletons.js';
import { generateDigits } from './digits.js';
import { allocateSharedFloats } from './float-storage.js';

const PIXELS = 784;
const small = generateDigits({ trainCount: 3000, testCount: 1000, seed: 1 });

describe('generateDigits', () => {
  it('draws 28x28 grey pixels from 0 to 1 in 256 levels', () => {
    const { train } = small;
    expect(train.featureShape).toEqual([1, 28, 28]);
    expect(train.features).toHaveLength(3000 * PIXELS);
    const levels = train.features.every(
      (value) => value >= 0 && value <= 1 && Math.fround(Math.round(value * 255) / 255) === value,
    );
    expect(levels).toBe(true);
  });

  it('draws something visible, mostly on clean paper, in every example', () => {
    for (let index = 0; index < 3000; index++) {
      const image = small.train.features.subarray(index * PIXELS, (index + 1) * PIXELS);
      const inked = image.filter((value) => value > 0.1).length;
      expect(inked).toBeGreaterThan(15);
      expect(inked).toBeLessThan(450);
    }
  });

  it('draws the bytes that were recorded for a seed, on every machine', () => {
    const { train, test } = generateDigits({ trainCount: 50, testCount: 50, seed: 7 });
    expect([checksum(train.features), checksum(test!.features)]).toEqual([-1890209572, 751465341]);
  });

  it('draws the same example whatever the number of examples', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (trainCount, testCount) => {
          const { train, test } = generateDigits({ trainCount, testCount, seed: 1 });
          expect(checksum(train.features)).toBe(
            checksum(small.train.features.subarray(0, trainCount * PIXELS)),
          );
          expect(checksum(test!.features)).toBe(
            checksum(small.test!.features.subarray(0, testCount * PIXELS)),
          );
        },
      ),
      { numRuns: 10 },
    );
  });

  it('draws other examples for another seed and for the test part', () => {
    const other = generateDigits({ trainCount: 10, testCount: 1, seed: 2 }).train.features;
    expect(other).not.toEqual(small.train.features.slice(0, other.length));
    expect(small.test!.features.slice(0, other.length)).not.toEqual(
      small.train.features.slice(0, other.length),
    );
  });

  it('draws every digit about equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of small.train.labels) counts[label]! += 1;
    // Binomial(3000, 0.1): 5 standard deviations are 82; the seed is fixed, so this never flickers.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(82);
  });

  it('is learnable: the nearest class mean is right far more often than chance, and far from always', () => {
    const accuracy = nearestMeanAccuracy();
    expect(accuracy).toBeGreaterThan(0.6);
    expect(accuracy).toBeLessThan(0.95);
  });

  it('draws into the arrays that the caller allocates', () => {
    const { train } = generateDigits({
      trainCount: 1,
      testCount: 1,
      seed: 1,
      allocate: allocateSharedFloats,
    });
    expect(train.features.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each([
    [{ trainCount: 0, testCount: 1, seed: 1 }, 'trainCount must be an integer from 1 to 1000000, got 0'],
    [{ trainCount: 1, testCount: 1.5, seed: 1 }, 'testCount must be an integer from 1 to 1000000, got 1.5'],
    [{ trainCount: 1, testCount: 1, seed: Number.NaN }, 'seed must be an integer, got NaN'],
  ])('refuses %j', (options, sentence) => {
    expect(() => generateDigits(options)).toThrow(new ConfigError(sentence));
  });
});

describe('DIGIT_SKELETONS', () => {
  it('holds several handwritings of each digit, in pairs inside the unit square', () => {
    expect(DIGIT_SKELETONS).toHaveLength(10);
    for (const handwritings of DIGIT_SKELETONS) {
      expect(handwritings.length).toBeGreaterThan(2);
      for (const stroke of handwritings.flat()) {
        expect(stroke.length % 2).toBe(0);
        expect(stroke.length).toBeLessThanOrEqual(50);
        expect(stroke.every((value) => value > 0 && value < 1)).toBe(true);
      }
    }
  });
});

function checksum(values: Float32Array): number {
  let hash = 0;
  for (const value of values) hash = (Math.imul(hash, 31) + Math.round(value * 255)) | 0;
  return hash;
}

function nearestMeanAccuracy(): number {
  const { train, test } = small;
  const means = new Float64Array(10 * PIXELS);
  const counts = new Array<number>(10).fill(0);
  for (const label of train.labels) counts[label]! += 1;
  for (const [index, value] of train.features.entries()) {
    const label = train.labels[Math.floor(index / PIXELS)]!;
    means[label * PIXELS + (index % PIXELS)]! += value / counts[label]!;
  }
  let right = 0;
  for (let index = 0; index < test!.count; index++) {
    const distances = counts.map((_, label) => {
      let sum = 0;
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        sum += (test!.features[index * PIXELS + pixel]! - means[label * PIXELS + pixel]!) ** 2;
      }
      return sum;
    });
    if (distances.indexOf(Math.min(...distances)) === test!.labels[index]) right += 1;
  }
  return right / test!.count;
}
