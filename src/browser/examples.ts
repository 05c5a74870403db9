/** What a page may hand to a participant to learn from. */
import type { ClientData } from '../client/rounds.js';
import type { CsvOptions } from '../data/csv.js';
import type { Dataset } from '../data/dataset.js';

/** Text to learn the next word or character of; each task says how it is cut into tokens. */
export interface TextExamples {
  /** Oldest first; a file is read as UTF-8. */
  readonly texts: readonly (string | Blob)[];
}

/** A table, read in the Worker. */
export interface CsvExamples {
  readonly csv: Blob;
  readonly options: CsvOptions;
}

/**
 * Examples: a data set, of which a part is held out to evaluate on; or one that is divided already; or text; or a table.
 * They are copied to the Worker, and never leave the tab.
 */
export type BrowserExamples = Dataset | ClientData | TextExamples | CsvExamples;

/**
 * A table of a person's own, from a file input or a drop: see `parseCsv` for what is read and what is refused. Features
 * are standardised over this file alone.
 *
 * @param options `label` names the column to predict
 */
export function examplesOfCsv(file: Blob, options: CsvOptions): CsvExamples {
  const { name } = file as Blob & { readonly name?: string };
  return { csv: file, options: name === undefined ? options : { file: name, ...options } };
}
