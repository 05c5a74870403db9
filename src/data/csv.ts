/** Makes a data set of a table with named columns: features, a label and, where there is one, an owner. */
import { ConfigError, ProtocolError } from '../errors.js';
import { categoryColumn, type FeatureColumn, isNumeric, numberColumn, sortedValues } from './columns.js';
import type { Dataset } from './dataset.js';
import { type AllocateFloats, allocateFloats } from './float-storage.js';
import { columnIndex, parseTable, type Table, type TableOptions } from './table.js';

export interface TableDatasetOptions {
  /** The column to predict. */
  readonly label: string;
  /** The columns to predict from; the default is every column but `label` and `groupBy`. */
  readonly features?: readonly string[];
  /** Feature columns that hold categories even though they look like numbers. */
  readonly categorical?: readonly string[];
  /** The column that names each example's owner; a missing owner becomes `(missing)`. */
  readonly groupBy?: string;
  /** The default is `classification`. */
  readonly task?: 'classification' | 'regression';
  /** Cells that stand for no value; the default is an empty cell and `?`. */
  readonly missing?: readonly string[];
  /** Whether numeric features are shifted and scaled to mean 0 and variance 1; the default is true. */
  readonly standardize?: boolean;
  /** The name of the data set; the default is the table's file. */
  readonly name?: string;
  readonly allocate?: AllocateFloats;
}

/** Options of `parseCsv`; `file` is what to call the text in an error, `csv` when not given. */
export interface CsvOptions extends TableDatasetOptions, TableOptions {
  readonly file?: string;
}

/** More classes than this are taken for a number that was meant as a regression target. */
const MAX_CLASSES = 1000;

/** Parses delimited text with named columns; see `parseTable` and `datasetOfTable` for what is refused. */
export function parseCsv(text: string, options: CsvOptions): Dataset {
  return datasetOfTable(parseTable(text, options.file ?? 'csv', options), options);
}

/**
 * Makes features and labels of a table's columns.
 *
 * A feature column whose present cells are all finite numbers is numeric: a missing cell becomes the column's
 * mean over the present ones, then the column is standardised over all rows. Any other column is one-hot,
 * categories sorted, all zeros where the cell is missing. Means and deviations are taken over all owners at
 * once, which a simulation can do; in a real federation the clients would have to agree on them by federated
 * statistics.
 *
 * Classes are the distinct labels, sorted as numbers where all are numbers, else as text. A regression target
 * is left as it is.
 *
 * @throws {ConfigError} when a column is unknown or chosen twice, there is no feature, a column has no value
 * or too many categories, or a classification label has fewer than 2 or more than 1000 values.
 * @throws {ProtocolError} when a row has no label, or a regression target is not a number.
 */
export function datasetOfTable(table: Table, options: TableDatasetOptions): Dataset {
  const { task = 'classification', allocate = allocateFloats } = options;
  const missing = new Set(options.missing ?? ['', '?']);
  const columns = featureColumns(table, options, missing);
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const features = allocate(table.rows.length * width);
  let offset = 0;
  for (const column of columns) {
    column.writeTo(features, offset, width);
    offset += column.width;
  }
  const { labels, classNames } = readLabels(table, options.label, task, missing, allocate);
  return {
    name: options.name ?? table.file,
    task,
    count: table.rows.length,
    featureShape: [width],
    features,
    labels,
    classNames,
    ...(options.groupBy !== undefined && { groups: readGroups(table, options.groupBy, missing) }),
  };
}

function featureColumns(
  table: Table,
  options: TableDatasetOptions,
  missing: ReadonlySet<string>,
): FeatureColumn[] {
  const { label, groupBy, categorical = [], standardize = true } = options;
  const names = options.features ?? table.columns.filter((name) => name !== label && name !== groupBy);
  if (names.length === 0) {
    throw new ConfigError(`features must name at least one column of ${table.file}, got none`);
  }
  const twice = names.find((name, index) => name === label || names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ConfigError(`features must name other columns than the label, each once, got "${twice}"`);
  }
  for (const name of categorical) columnIndex(table, name, 'categorical');
  return names.map((name) => {
    const index = columnIndex(table, name, 'features');
    const cells = table.rows.map((row) => (missing.has(row[index]!) ? undefined : row[index]!));
    if (cells.every((cell) => cell === undefined)) {
      throw new ConfigError(`features must name columns with values, got "${name}" without any`);
    }
    return categorical.includes(name) || !isNumeric(cells)
      ? categoryColumn(name, cells)
      : numberColumn(cells, standardize);
  });
}

function readLabels(
  table: Table,
  label: string,
  task: 'classification' | 'regression',
  missing: ReadonlySet<string>,
  allocate: AllocateFloats,
): { labels: Float32Array; classNames: string[] } {
  const index = columnIndex(table, label, 'label');
  const cells = table.rows.map((row) => row[index]!);
  const refused = cells.findIndex(
    (cell) => missing.has(cell) || (task === 'regression' && !isNumeric([cell])),
  );
  if (refused >= 0) {
    const expected = task === 'regression' ? 'a number' : 'a value';
    const line = table.lines[refused];
    throw new ProtocolError(
      `${table.file} must have ${expected} in column "${label}" of each row, got "${cells[refused]}" in line ${line}`,
    );
  }
  const labels = allocate(cells.length);
  if (task === 'regression') {
    for (const [row, cell] of cells.entries()) labels[row] = Number(cell);
    return { labels, classNames: [] };
  }
  const { names, places } = sortedValues(cells);
  if (names.length < 2 || names.length > MAX_CLASSES) {
    throw new ConfigError(
      `label must be a column with 2 to ${MAX_CLASSES} values for classification, got "${label}" with ${names.length}`,
    );
  }
  labels.set(places);
  return { labels, classNames: names };
}

function readGroups(table: Table, groupBy: string, missing: ReadonlySet<string>): string[] {
  const index = columnIndex(table, groupBy, 'groupBy');
  return table.rows.map((row) => (missing.has(row[index]!) ? '(missing)' : row[index]!));
}
