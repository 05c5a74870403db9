/** Draws one digit the way a hand might: a skeleton, bent and stretched, traced by a random pen. */
import type { Random } from '../random.js';
import { DIGIT_SKELETONS } from './digit-skeletons.js';
import { flattenStroke, type Path } from './stroke-path.js';
import { type Canvas, createCanvas } from './stroke-raster.js';

/** Pixels along each side of a drawn digit. */
export const DIGIT_SIZE = 28;

/** Knots along each side of the elastic field. */
const KNOTS = 4;
const POINTS = 128;

/** Writes a digit, 0 to 9, into the `DIGIT_SIZE` squared elements of `out` from `offset` on, each 0 to 1. */
export type DrawDigit = (random: Random, digit: number, out: Float32Array, offset: number) => void;

/**
 * A drawer with buffers of its own. A drawing depends on the digit and on the random stream only.
 *
 * Uses arithmetic, square roots and the stream's normal numbers only, and rounds to 256 grey levels, so that
 * every machine draws the same.
 */
export function createDigitDrawer(): DrawDigit {
  const canvas = createCanvas(DIGIT_SIZE);
  const path: Path = { xs: new Float64Array(POINTS), ys: new Float64Array(POINTS), count: 0 };
  const field = new Float64Array(2 * KNOTS * KNOTS);
  return (random, digit, out, offset) => {
    canvas.clear();
    const handwritings = DIGIT_SKELETONS[digit]!;
    const strokes = handwritings[random.integer(handwritings.length)]!;
    const wobble = between(random, 0.012, 0.034);
    const bend = between(random, 0.012, 0.042);
    for (let index = 0; index < field.length; index++) field[index] = bend * random.normal();
    const toPage = randomAffine(random);
    const halfWidth = between(random, 0.55, 1.7);
    for (const stroke of strokes) {
      flattenStroke(stroke, wobble, random, path);
      bendPath(path, field);
      movePath(path, toPage);
      const startWidth = halfWidth * between(random, 0.7, 1.15);
      tracePath(canvas, path, startWidth, halfWidth * between(random, 0.6, 1.1));
    }
    canvas.blur(between(random, 0, 0.22));
    develop(canvas.ink, random, out, offset);
  };
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.float();
}

/** Moves every point by a smooth random field: the elastic distortion of Simard, Steinkraus and Platt (2003). */
function bendPath(path: Path, field: Float64Array): void {
  for (let index = 0; index < path.count; index++) {
    const x = Math.min(0.999, Math.max(0, path.xs[index]!)) * (KNOTS - 1);
    const y = Math.min(0.999, Math.max(0, path.ys[index]!)) * (KNOTS - 1);
    const knot = 2 * (Math.floor(y) * KNOTS + Math.floor(x));
    const right = smoothStep(x - Math.floor(x));
    const down = smoothStep(y - Math.floor(y));
    path.xs[index] = path.xs[index]! + blend(field, knot, right, down);
    path.ys[index] = path.ys[index]! + blend(field, knot + 1, right, down);
  }
}

function smoothStep(place: number): number {
  return place * place * (3 - 2 * place);
}

function blend(field: Float64Array, knot: number, right: number, down: number): number {
  const below = knot + 2 * KNOTS;
  const upper = field[knot]! + right * (field[knot + 2]! - field[knot]!);
  const lower = field[below]! + right * (field[below + 2]! - field[below]!);
  return upper + down * (lower - upper);
}

type Affine = readonly [xx: number, xy: number, x: number, yx: number, yy: number, y: number];

/** From the unit square to pixels: stretch, slant, turn and shift. */
function randomAffine(random: Random): Affine {
  const width = DIGIT_SIZE * between(random, 0.62, 1);
  const height = DIGIT_SIZE * between(random, 0.72, 0.98);
  const slant = 0.18 * random.normal() - 0.08;
  // With t the tangent of half the angle, cosine and sine need no trigonometry.
  const t = 0.07 * random.normal();
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  const xx = cosine * width;
  const xy = cosine * slant * width - sine * height;
  const yx = sine * width;
  const yy = sine * slant * width + cosine * height;
  const middle = DIGIT_SIZE / 2;
  const x = middle + 0.9 * random.normal() - (xx + xy) / 2;
  const y = middle + 0.9 * random.normal() - (yx + yy) / 2;
  return [xx, xy, x, yx, yy, y];
}

function movePath(path: Path, [xx, xy, x, yx, yy, y]: Affine): void {
  for (let index = 0; index < path.count; index++) {
    const right = path.xs[index]!;
    const down = path.ys[index]!;
    path.xs[index] = xx * right + xy * down + x;
    path.ys[index] = yx * right + yy * down + y;
  }
}

function tracePath(canvas: Canvas, { xs, ys, count }: Path, startWidth: number, endWidth: number): void {
  const step = (endWidth - startWidth) / (count - 1);
  for (let index = 1; index < count; index++) {
    const width = startWidth + step * (index - 1);
    canvas.segment(xs[index - 1]!, ys[index - 1]!, xs[index]!, ys[index]!, width, width + step);
  }
}

/** Ink of uneven darkness on paper with a little dust, in 256 grey levels. */
function develop(ink: Float32Array, random: Random, out: Float32Array, offset: number): void {
  const darkness = between(random, 0.75, 1.05);
  const grain = between(random, 0, 0.25) / 255;
  for (let pixel = 0; pixel < ink.length; pixel += 4) {
    let bits = random.uint32();
    for (let index = pixel; index < pixel + 4; index++, bits >>>= 8) {
      const level = Math.min(1, ink[index]! * darkness) * (1 - grain * (bits & 255));
      out[offset + index] = Math.round(255 * level) / 255;
    }
  }
}
