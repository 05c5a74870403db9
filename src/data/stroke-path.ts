/** From the few points that a stroke passes through to the many short pieces that a pen draws. */
import type { Random } from '../random.js';
import type { Stroke } from './digit-skeletons.js';

/** The first `count` elements of `xs` and `ys` are points, joined by straight pieces. */
export interface Path {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  count: number;
}

/** Straight pieces between two points of a stroke. */
const PIECES = 5;

/**
 * Writes into `path` a smooth curve (Catmull and Rom, 1974) through the points of `stroke`, each first moved
 * by normal noise of standard deviation `wobble`. A point given twice stays a corner.
 */
export function flattenStroke(stroke: Stroke, wobble: number, random: Random, path: Path): void {
  const knots = stroke.length / 2;
  const points = new Float64Array(stroke.length);
  for (let index = 0; index < stroke.length; index += 2) {
    const isCorner =
      index > 0 && stroke[index] === stroke[index - 2] && stroke[index + 1] === stroke[index - 1];
    points[index] = isCorner ? points[index - 2]! : stroke[index]! + wobble * random.normal();
    points[index + 1] = isCorner ? points[index - 1]! : stroke[index + 1]! + wobble * random.normal();
  }
  path.count = 0;
  for (let knot = 0; knot < knots - 1; knot++) {
    for (let piece = 0; piece < PIECES; piece++) addPoint(path, points, knots, knot, piece / PIECES);
  }
  addPoint(path, points, knots, knots - 2, 1);
}

function addPoint(path: Path, points: Float64Array, knots: number, knot: number, place: number): void {
  const before = Math.max(0, knot - 1);
  const after = Math.min(knots - 1, knot + 2);
  path.xs[path.count] = catmullRom(points, 0, before, knot, after, place);
  path.ys[path.count] = catmullRom(points, 1, before, knot, after, place);
  path.count++;
}

function catmullRom(
  points: Float64Array,
  axis: 0 | 1,
  before: number,
  knot: number,
  after: number,
  t: number,
): number {
  const p0 = points[2 * before + axis]!;
  const p1 = points[2 * knot + axis]!;
  const p2 = points[2 * knot + 2 + axis]!;
  const p3 = points[2 * after + axis]!;
  const square = 2 * p0 - 5 * p1 + 4 * p2 - p3;
  const cube = 3 * (p1 - p2) + p3 - p0;
  return p1 + 0.5 * t * (p2 - p0 + t * (square + t * cube));
}
