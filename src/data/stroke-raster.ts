/** A small grey canvas on which a pen draws anti-aliased strokes; nothing is allocated after it is made. */

/** A square canvas; coordinates are in pixels, the middle of the top left pixel is at (0.5, 0.5). */
export interface Canvas {
  /** `size * size` values from 0 (paper) to 1 (full ink), row by row. */
  readonly ink: Float32Array;
  clear(): void;
  /** Draws a straight piece of a stroke whose half width goes from `startWidth` to `endWidth`. */
  segment(fromX: number, fromY: number, toX: number, toY: number, startWidth: number, endWidth: number): void;
  /** Lets each pixel give `share` (0 to 1/3) of its ink to each neighbour, along rows and then columns. */
  blur(share: number): void;
}

/** A clear canvas of `size` by `size` pixels. */
export function createCanvas(size: number): Canvas {
  const ink = new Float32Array(size * size);
  const line = new Float32Array(size);
  return {
    ink,
    clear: () => void ink.fill(0),
    segment: (fromX, fromY, toX, toY, startWidth, endWidth) => {
      const reach = Math.max(startWidth, endWidth) + 0.5;
      const left = Math.max(0, Math.floor(Math.min(fromX, toX) - reach));
      const right = Math.min(size - 1, Math.floor(Math.max(fromX, toX) + reach));
      const top = Math.max(0, Math.floor(Math.min(fromY, toY) - reach));
      const bottom = Math.min(size - 1, Math.floor(Math.max(fromY, toY) + reach));
      const alongX = toX - fromX;
      const alongY = toY - fromY;
      const inverse = 1 / Math.max(alongX * alongX + alongY * alongY, 1e-9);
      for (let row = top; row <= bottom; row++) {
        const y = row + 0.5 - fromY;
        for (let column = left; column <= right; column++) {
          const x = column + 0.5 - fromX;
          const place = Math.min(1, Math.max(0, (x * alongX + y * alongY) * inverse));
          const offX = x - place * alongX;
          const offY = y - place * alongY;
          const width = startWidth + place * (endWidth - startWidth);
          const cover = Math.min(1, width + 0.5 - Math.sqrt(offX * offX + offY * offY));
          const pixel = row * size + column;
          if (cover > ink[pixel]!) ink[pixel] = cover;
        }
      }
    },
    blur: (share) => {
      for (let index = 0; index < size; index++) blurLine(ink, line, index * size, 1, share);
      for (let index = 0; index < size; index++) blurLine(ink, line, index, size, share);
    },
  };
}

function blurLine(ink: Float32Array, line: Float32Array, start: number, step: number, share: number): void {
  const length = line.length;
  for (let index = 0; index < length; index++) line[index] = ink[start + index * step]!;
  for (let index = 0; index < length; index++) {
    const before = index > 0 ? line[index - 1]! : 0;
    const after = index < length - 1 ? line[index + 1]! : 0;
    ink[start + index * step] = (1 - 2 * share) * line[index]! + share * (before + after);
  }
}
