/** A table of text cells with named columns, as a CSV file holds it. */
import { dsvFormat } from 'd3-dsv';
import { ConfigError, ProtocolError } from '../errors.js';

/** Named columns and rows of trimmed cells; every row has one cell a column. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** `lines[i]` is the line of the file, from 1, where row i starts. */
  readonly lines: readonly number[];
  /** What to call the table in an error. */
  readonly file: string;
}

export interface TableOptions {
  /** One character; the default is a comma. */
  readonly delimiter?: string;
  /** The columns of a file that has no header line. */
  readonly columnNames?: readonly string[];
}

/**
 * Parses delimited text (RFC 4180). Cells are trimmed and blank lines are left out.
 *
 * @param file what to call the text in an error
 * @throws {ConfigError} when the delimiter is not one character, or is a quote or a line break.
 * @throws {ProtocolError} when there is no row, a column has no name or the name of another, or a row has
 * another number of cells than there are columns.
 */
export function parseTable(text: string, file: string, options: TableOptions = {}): Table {
  const { delimiter = ',', columnNames } = options;
  if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    throw new ConfigError(`delimiter must be one character, no quote or line break, got "${delimiter}"`);
  }
  const rows: string[][] = [];
  const lines: number[] = [];
  let line = 1;
  for (const cells of dsvFormat(delimiter).parseRows(text)) {
    if (cells.length > 1 || cells[0]!.trim() !== '') {
      rows.push(cells.map((cell) => cell.trim()));
      lines.push(line);
    }
    // A quoted cell may run over several lines.
    line += 1 + cells.reduce((breaks, cell) => breaks + cell.split('\n').length - 1, 0);
  }
  const header = columnNames ?? rows.shift() ?? [];
  if (columnNames === undefined) lines.shift();
  checkHeader(header, file);
  if (rows.length === 0) throw new ProtocolError(`${file} must have at least one row, got none`);
  const ragged = rows.findIndex((row) => row.length !== header.length);
  if (ragged >= 0) {
    throw new ProtocolError(
      `${file} must have ${header.length} cells in each row, got ${rows[ragged]!.length} in line ${lines[ragged]}`,
    );
  }
  return { columns: header, rows, lines, file };
}

/**
 * The place of a column, from 0.
 *
 * @param argument what the name was given as, for the error
 * @throws {ConfigError} when the table has no such column.
 */
export function columnIndex(table: Table, name: string, argument: string): number {
  const index = table.columns.indexOf(name);
  if (index < 0) {
    throw new ConfigError(
      `${argument} must be a column of ${table.file} (${table.columns.join(', ')}), got "${name}"`,
    );
  }
  return index;
}

function checkHeader(header: readonly string[], file: string): void {
  const twice = header.find((name, index) => name === '' || header.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ProtocolError(
      `${file} must have columns with different names, got "${twice}" more than once or empty`,
    );
  }
}
