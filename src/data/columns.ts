/** Turns the cells of one column into numbers: as they are, standardised, or one-hot. */
import { ConfigError } from '../errors.js';

/** A cell, or undefined where there is no value. */
export type Cell = string | undefined;

/** `width` features of every example, taken from one column. */
export interface FeatureColumn {
  readonly width: number;
  /** Writes row i at `out[offset + i * stride]`; `out` holds zeros there. */
  writeTo(out: Float32Array, offset: number, stride: number): void;
}

/** More categories than this are taken for a name or an id, which one-hot features cannot learn from. */
const MAX_CATEGORIES = 100;

/** Whether every cell that has a value is a number that float32 can hold. */
export function isNumeric(cells: readonly Cell[]): boolean {
  return cells.every(
    (cell) => cell === undefined || (cell !== '' && Number.isFinite(Math.fround(Number(cell)))),
  );
}

/** One feature a row; cells without a value become the mean of the others. At least one must have a value. */
export function numberColumn(cells: readonly Cell[], standardize: boolean): FeatureColumn {
  const values = cells.map((cell) => (cell === undefined ? undefined : Number(cell)));
  const present = values.filter((value) => value !== undefined);
  const mean = present.reduce((sum, value) => sum + value, 0) / present.length;
  const squares = present.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const shift = standardize ? mean : 0;
  // A column of one value has nothing to scale.
  const scale = standardize && squares > 0 ? Math.sqrt(squares / cells.length) : 1;
  return {
    width: 1,
    writeTo: (out, offset, stride) => {
      for (const [row, value] of values.entries()) {
        out[offset + row * stride] = ((value ?? mean) - shift) / scale;
      }
    },
  };
}

/**
 * One feature a category: 1 where the cell is of that category.
 *
 * @throws {ConfigError} when there are more than 100 categories.
 */
export function categoryColumn(name: string, cells: readonly Cell[]): FeatureColumn {
  const { names, places } = sortedValues(cells);
  if (names.length > MAX_CATEGORIES) {
    throw new ConfigError(
      `features must name columns of numbers or of at most ${MAX_CATEGORIES} categories, got "${name}" with ${names.length}`,
    );
  }
  return {
    width: names.length,
    writeTo: (out, offset, stride) => {
      for (const [row, place] of places.entries()) {
        if (place >= 0) out[offset + row * stride + place] = 1;
      }
    },
  };
}

/**
 * The distinct values, sorted, and each cell's place among them, -1 where it has no value. Where all are
 * numbers they are sorted as numbers, and `1` and `1.0` are one.
 */
export function sortedValues(cells: readonly Cell[]): { names: string[]; places: number[] } {
  const numeric = isNumeric(cells);
  const values = numeric
    ? cells.map((cell) => (cell === undefined ? undefined : String(Number(cell))))
    : cells;
  const names = [...new Set(values.filter((value) => value !== undefined))];
  if (numeric) names.sort((a, b) => Number(a) - Number(b));
  else names.sort();
  const places = new Map(names.map((name, place) => [name, place]));
  return { names, places: values.map((value) => (value === undefined ? -1 : places.get(value)!)) };
}
