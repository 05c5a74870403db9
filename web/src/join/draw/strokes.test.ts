import { describe, expect, it } from 'vitest';
import { generateDigits } from '../../../../src/data/digits.js';
import { createKeyboardPen } from './keyboard-pen.js';
import { PICTURE_SIZE, pictureOf, type Stroke } from './strokes.js';

/** The rows and columns that have ink, from the first to the last, and all the ink. */
function measure(picture: Float32Array) {
  const inked = [...picture.entries()].filter(([, ink]) => ink > 0.3).map(([index]) => index);
  const rows = inked.map((index) => Math.floor(index / PICTURE_SIZE));
  const columns = inked.map((index) => index % PICTURE_SIZE);
  return {
    height: Math.max(...rows) - Math.min(...rows) + 1,
    width: Math.max(...columns) - Math.min(...columns) + 1,
    middle: (Math.max(...rows) + Math.min(...rows) + 1) / 2,
    ink: picture.reduce((sum, ink) => sum + ink, 0),
  };
}
const zero: Stroke = Array.from({ length: 80 }, (_, index) => {
  const angle = (2 * Math.PI * Math.floor(index / 2)) / 39;
  return index % 2 === 0 ? 0.3 + 0.05 * Math.cos(angle) : 0.6 + 0.08 * Math.sin(angle);
});

describe('the picture of strokes', () => {
  it('is null of nothing, and 784 numbers from 0 to 1 of anything', () => {
    expect(pictureOf([])).toBeNull();
    const picture = pictureOf([zero]);
    expect(picture).toHaveLength(PICTURE_SIZE ** 2);
    expect(picture?.every((ink) => ink >= 0 && ink <= 1)).toBe(true);
  });

  it('is as large, as much in the middle and as thick as the digits that models here learn from', () => {
    const { train } = generateDigits({ trainCount: 400, testCount: 1, seed: 2 });
    const zeros = [...train.labels.keys()].filter((index) => train.labels[index] === 0);
    const made = zeros.map((index) => measure(train.features.subarray(index * 784, (index + 1) * 784)));
    const mean = (of: keyof ReturnType<typeof measure>) =>
      made.reduce((sum, each) => sum + each[of], 0) / made.length;
    const drawn = measure(pictureOf([zero]) ?? new Float32Array());
    expect(Math.abs(drawn.height - mean('height'))).toBeLessThan(2);
    expect(Math.abs(drawn.width - mean('width'))).toBeLessThan(3);
    expect(Math.abs(drawn.middle - mean('middle'))).toBeLessThan(1);
    expect(drawn.ink / mean('ink')).toBeGreaterThan(0.75);
    expect(drawn.ink / mean('ink')).toBeLessThan(1.25);
  });

  it('does not depend on where and how large it was drawn', () => {
    const moved = zero.map((value, index) => (index % 2 === 0 ? 1.5 * value : 1.5 * value - 0.3));
    const [one, other] = [pictureOf([zero]), pictureOf([moved])];
    const far = one?.reduce((most, ink, index) => Math.max(most, Math.abs(ink - (other?.[index] ?? 0))), 0);
    expect(far).toBeLessThanOrEqual(1 / 255 + 1e-9);
  });

  it('of a dot is a dot, not a blot', () => {
    expect(measure(pictureOf([[0.5, 0.5]]) ?? new Float32Array()).width).toBeLessThan(5);
  });
});

describe('a pen that keys move', () => {
  it('draws while it is down, and nothing while it is up', () => {
    const pen = createKeyboardPen();
    expect(pen.press('a')).toBeUndefined();
    expect(pen.press('ArrowRight')).toEqual({ isNew: false });
    const down = pen.press(' ');
    expect(down).toEqual({ points: [0.5625, 0.25], isNew: true });
    expect(pen.press('ArrowDown')).toEqual({ points: [0.5625, 0.3125], isNew: false });
    expect(pen.press(' ')).toEqual({ isNew: false });
    expect(pen.place).toEqual({ x: 0.5625, y: 0.3125, isDown: false });
  });

  it('stays on the pad', () => {
    const pen = createKeyboardPen();
    for (let step = 0; step < 40; step++) pen.press('ArrowLeft');
    expect(pen.place?.x).toBe(0);
  });
});
