/** The default data set: handwritten-looking digits that this code draws itself, so that no file is needed. */
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import type { DataSplit, Dataset } from './dataset.js';
import { createDigitDrawer, DIGIT_SIZE } from './digit-drawing.js';
import { type AllocateFloats, allocateFloats } from './float-storage.js';

export interface DigitsOptions {
  /** Examples to learn from, 1 to 1,000,000. */
  readonly trainCount: number;
  /** Examples to test on, 1 to 1,000,000. */
  readonly testCount: number;
  /** A safe integer; the same seed draws the same digits, to the byte. */
  readonly seed: number;
  readonly allocate?: AllocateFloats;
}

/** Sizes for a first run: large enough for a 784-200-200-10 network to pass 95%, drawn in a second or two. */
export const DEFAULT_DIGITS = Object.freeze({ trainCount: 10_000, testCount: 2_000 });

/**
 * Draws `trainCount` and `testCount` digits of 28x28 pixels, 0 (paper) to 1 (ink), each class equally likely.
 *
 * Example i depends on the seed, on its part (train or test) and on i only: a larger set begins with the
 * smaller one, and no test example is a training example.
 *
 * @throws {ConfigError} when a count or the seed is out of range.
 */
export function generateDigits(options: DigitsOptions): DataSplit {
  const { trainCount, testCount, seed, allocate = allocateFloats } = options;
  return {
    train: drawPart('train', 'trainCount', trainCount, seed, allocate),
    test: drawPart('test', 'testCount', testCount, seed, allocate),
  };
}

function drawPart(
  part: string,
  argument: string,
  count: number,
  seed: number,
  allocate: AllocateFloats,
): Dataset {
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
    throw new ConfigError(`${argument} must be an integer from 1 to 1000000, got ${count}`);
  }
  const pixels = DIGIT_SIZE * DIGIT_SIZE;
  const features = allocate(count * pixels);
  const labels = allocate(count);
  const draw = createDigitDrawer();
  for (let index = 0; index < count; index++) {
    const random = seededRandom(seed, 'digits', part, index);
    const digit = random.integer(10);
    labels[index] = digit;
    draw(random, digit, features, index * pixels);
  }
  return {
    name: 'digits',
    task: 'classification',
    count,
    featureShape: [1, DIGIT_SIZE, DIGIT_SIZE],
    features,
    labels,
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  };
}
