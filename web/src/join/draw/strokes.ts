/** What has been drawn: strokes as points, and the picture of 28 by 28 pixels that a model sees of them. */
import { createCanvas } from '../../../../src/data/stroke-raster.js';

/** Points x, y, x, y ... of one stroke; the drawing area is the unit square, y downwards. */
export type Stroke = readonly number[];

export const PICTURE_SIZE = 28;
/** Half of the pen's width in pixels of the picture: the middle of what the digits that are made here have. */
export const HALF_WIDTH = 1.05;
/** Height and width in pixels that strokes are scaled to, as those digits are on average. */
const HEIGHT = 19;
const WIDTH = 17;
const BLUR = 0.11;
const DARKNESS = 0.95;
/** As fine as a hand can draw: a dot is not blown up to a blot. */
const SMALLEST = 0.1;

/**
 * The picture of strokes: moved to the middle and scaled by their bounding box, traced by the pen that draws the training
 * digits; 784 numbers from 0 (paper) to 1 (ink). Null where nothing is drawn.
 */
export function pictureOf(strokes: readonly Stroke[]): Float32Array<ArrayBuffer> | null {
  const box = boxOf(strokes);
  if (!box) return null;
  const { left, top, right, bottom } = box;
  const [width, height] = [Math.max(right - left, SMALLEST), Math.max(bottom - top, SMALLEST)];
  const scale = Math.min(HEIGHT / height, WIDTH / width);
  const middle = PICTURE_SIZE / 2;
  const x = (value: number) => middle + (value - (left + right) / 2) * scale;
  const y = (value: number) => middle + (value - (top + bottom) / 2) * scale;
  const canvas = createCanvas(PICTURE_SIZE);
  for (const stroke of strokes) {
    for (let index = 0; index < stroke.length; index += 2) {
      const before = Math.max(0, index - 2);
      const [fromX = 0, fromY = 0] = [stroke[before], stroke[before + 1]];
      const [toX = 0, toY = 0] = [stroke[index], stroke[index + 1]];
      canvas.segment(x(fromX), y(fromY), x(toX), y(toY), HALF_WIDTH, HALF_WIDTH);
    }
  }
  canvas.blur(BLUR);
  return Float32Array.from(canvas.ink, (ink) => Math.round(255 * Math.min(1, ink * DARKNESS)) / 255);
}

function boxOf(strokes: readonly Stroke[]) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes) {
    for (const [index, value] of stroke.entries()) {
      if (index % 2 === 0) [left, right] = [Math.min(left, value), Math.max(right, value)];
      else [top, bottom] = [Math.min(top, value), Math.max(bottom, value)];
    }
  }
  return left > right ? null : { left, top, right, bottom };
}
