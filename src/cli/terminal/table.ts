/** Aligned text tables. */
import { formatCount, formatMetric } from '../../format.js';
import { plain } from '../../plain-text.js';
import { clip, pad, paint, type Style, type TerminalOptions, widthOf } from './style.js';

/** A cell; whole numbers get commas, others four significant digits, null stays empty. */
export type Cell = string | number | null;

/** A column. Without `align`, columns of numbers stand right and others left. A `whole` one is never cut. */
export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
  readonly whole?: boolean;
  readonly style?: (cell: Cell) => Style | undefined;
}

const GAP = '  ';
const NARROWEST = 8;

/**
 * Lines of aligned cells under a header, joined by newlines, none at the end. Where the terminal is too narrow,
 * the widest text columns are cut, down to 8 characters; numbers and `whole` columns never are.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
  options: TerminalOptions,
): string {
  const texts = rows.map((row) => columns.map((_, index) => cellText(row[index] ?? null)));
  const aligns = columns.map((column, index) => column.align ?? alignOf(rows, index));
  const widths = columns.map(({ header }, index) =>
    texts.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? '')), widthOf(header)),
  );
  const cuttable = columns.map(({ whole = false }, index) => aligns[index] === 'left' && !whole);
  shrink(widths, cuttable, options.columns);
  const line = (cells: readonly string[], styleOf: (index: number) => Style | undefined) => {
    const parts = cells.map((text, index) => {
      const width = widths[index] ?? 0;
      const padded = pad(clip(text, width, options), width, aligns[index] ?? 'left');
      const isLast = index === cells.length - 1;
      return paint(isLast ? padded.trimEnd() : padded, styleOf(index), options);
    });
    return parts.join(GAP).trimEnd();
  };
  const head = line(
    columns.map(({ header }) => header),
    () => 'dim',
  );
  const body = texts.map((cells, row) =>
    line(cells, (index) => columns[index]?.style?.(rows[row]?.[index] ?? null)),
  );
  return [head, ...body].join('\n');
}

/** The width that `table` takes when nothing is cut. */
export function tableWidth(columns: readonly TableColumn[], rows: readonly (readonly Cell[])[]): number {
  const widths = columns.map(({ header }, index) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(cellText(row[index] ?? null))), widthOf(header)),
  );
  return total(widths);
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return plain(cell);
  return Number.isInteger(cell) ? formatCount(cell) : formatMetric(cell);
}

function alignOf(rows: readonly (readonly Cell[])[], index: number): 'left' | 'right' {
  const cells = rows.map((row) => row[index] ?? null).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === 'number') ? 'right' : 'left';
}

function shrink(widths: number[], cuttable: readonly boolean[], columns: number): void {
  while (total(widths) > columns) {
    let widest = -1;
    widths.forEach((width, index) => {
      if (cuttable[index] && width > Math.max(NARROWEST, widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) return;
    widths[widest] = widths[widest]! - 1;
  }
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}
