/** A small line chart in text: braille dots, or one letter a point where there is no colour to tell lines apart. */
import { formatPercent } from '../../format.js';
import { pad, paint, type Style, type TerminalOptions, widthOf } from './style.js';

/** The values of one line, by round. */
export type CurveLine = readonly (number | null | undefined)[];

/** What a curve may be told. `names` are the legend's; `format` writes the axis; `height` is in lines. */
export interface CurveOptions extends TerminalOptions {
  readonly names?: readonly string[];
  readonly format?: (value: number) => string;
  readonly height?: number;
}

const STYLES: readonly Style[] = ['cyan', 'green', 'yellow'];
const MARKS = ['*', '+', 'o'];
/** The bit of each braille dot, by row and column (Unicode 15, chapter 21.1). */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const WIDEST = 72;
const NARROWEST = 10;

/**
 * Draws up to three series over the same rounds, from round 0; a null is a gap, undefined a round of which
 * nothing is known and over which the line goes on. Where lines cross, the first
 * series is seen. Lines are joined by newlines; the text is empty when there are fewer than two points to draw
 * or the terminal is too narrow.
 */
export function curve(values: readonly CurveLine[], options: CurveOptions): string {
  const { format = formatPercent, height = 7, unicode = true } = options;
  const series = values.slice(0, STYLES.length);
  const length = series.reduce((longest, line) => Math.max(longest, line.length), 0);
  const known = series.flat().filter(Number.isFinite) as number[];
  const [low, high] = rangeOf(known);
  const labels = [high, (low + high) / 2, low].map(format);
  const labelWidth = Math.max(...labels.map(widthOf));
  const width = Math.min(WIDEST, options.columns - labelWidth - 3);
  if (length < 2 || known.length < 2 || width < NARROWEST) return '';
  const braille = unicode && (options.color || series.length === 1);
  const canvas = createCanvas(width, height, braille);
  series.forEach((line, index) => {
    drawLine(canvas, line, index, (value) => (value - low) / (high - low), length);
  });
  const bar = unicode ? '│' : '|';
  const middle = (height - 1) >> 1;
  const lines = Array.from({ length: height }, (_, row) => {
    const label = row === 0 ? labels[0] : row === middle ? labels[1] : row === height - 1 ? labels[2] : '';
    return `${paint(pad(label ?? '', labelWidth, 'right'), 'dim', options)} ${paint(bar, 'dim', options)}${canvas.row(row, options)}`;
  });
  const last = String(length - 1);
  const axis = `round 0${pad(last, width - 7, 'right')}`;
  lines.push(`${' '.repeat(labelWidth + 2)}${paint(axis, 'dim', options)}`);
  if (options.names)
    lines.push(
      `${' '.repeat(labelWidth + 2)}${legend(options.names.slice(0, series.length), braille, options)}`,
    );
  return lines.join('\n');
}

function rangeOf(values: readonly number[]): [number, number] {
  const low = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const high = values.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  if (low < high) return [low, high];
  return Number.isFinite(low) ? [low - Math.abs(low) / 2 - 1e-9, low + Math.abs(low) / 2 + 1e-9] : [0, 1];
}

function legend(names: readonly string[], braille: boolean, options: CurveOptions): string {
  return names
    .map((name, index) => paint(`${braille ? '⣿' : MARKS[index]} ${name}`, STYLES[index], options))
    .join('  ');
}

interface Canvas {
  readonly dotsWide: number;
  readonly dotsHigh: number;
  set(x: number, y: number, series: number): void;
  row(row: number, options: CurveOptions): string;
}

/** A grid of characters, each two dots wide and four high in braille, else one dot. */
function createCanvas(width: number, height: number, braille: boolean): Canvas {
  const [across, down] = braille ? [2, 4] : [1, 1];
  const bits = new Uint8Array(width * height);
  const owner = new Int8Array(width * height).fill(-1);
  return {
    dotsWide: width * across,
    dotsHigh: height * down,
    set(x, y, series) {
      const cell = Math.floor(y / down) * width + Math.floor(x / across);
      if (owner[cell] === -1) owner[cell] = series;
      if (owner[cell] !== series && !braille) return;
      bits[cell] = bits[cell]! | DOTS[(y % down) as 0]![(x % across) as 0]!;
    },
    row(row, options) {
      let text = '';
      for (let from = 0; from < width; ) {
        const index = owner[row * width + from]!;
        let run = '';
        let to = from;
        for (; to < width && owner[row * width + to] === index; to++) {
          const filled = braille
            ? String.fromCodePoint(0x2800 + bits[row * width + to]!)
            : (MARKS[index] ?? ' ');
          run += index === -1 ? ' ' : filled;
        }
        text += paint(run, STYLES[index], options);
        from = to;
      }
      return text.trimEnd();
    },
  };
}

/** Joins neighbouring points, dot by dot along the longer of the two ways. */
function drawLine(
  canvas: Canvas,
  values: CurveLine,
  series: number,
  scale: (value: number) => number,
  length: number,
): void {
  let previous: [number, number] | undefined;
  values.forEach((value, index) => {
    if (value === undefined) return;
    if (value === null || !Number.isFinite(value)) {
      previous = undefined;
      return;
    }
    const x = Math.round((index / (length - 1)) * (canvas.dotsWide - 1));
    const y = Math.round((1 - scale(value)) * (canvas.dotsHigh - 1));
    const [fromX, fromY] = previous ?? [x, y];
    const steps = Math.max(Math.abs(x - fromX), Math.abs(y - fromY), 1);
    for (let step = 0; step <= steps; step++) {
      const along = step / steps;
      canvas.set(Math.round(fromX + (x - fromX) * along), Math.round(fromY + (y - fromY) * along), series);
    }
    previous = [x, y];
  });
}
