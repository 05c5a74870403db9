/** Loads a data set by its name, or from a CSV file: the one door to every data set on this machine. */
import { basename } from 'node:path';
import { type CsvOptions, parseCsv } from '../data/csv.js';
import type { DataSplit } from '../data/dataset.js';
import { DEFAULT_DIGITS, generateDigits } from '../data/digits.js';
import type { AllocateFloats } from '../data/float-storage.js';
import { ConfigError } from '../errors.js';
import { loadHeartDisease } from './heart-disease.js';
import type { TokenKind } from './load-vocabulary.js';
import { loadMnist } from './mnist.js';
import type { PlaceOptions } from './places.js';
import { readText } from './read-bytes.js';
import { loadShakespeare, type TextOptions } from './shakespeare.js';
import { loadTextFile } from './text-file.js';

/** The data sets that have a name. */
export const DATASET_NAMES = [
  'digits',
  'mnist',
  'heart-disease',
  'shakespeare',
  'shakespeare-words',
] as const;

/** What to load; the options of `parseCsv` are for CSV files only, those of text for text. */
export interface LoadDatasetOptions
  extends PlaceOptions,
    TextOptions,
    Partial<Omit<CsvOptions, 'file' | 'name' | 'allocate'>> {
  /** CSV: what the texts in the column `text` are cut into, to predict the next. */
  readonly tokens?: TokenKind;
  readonly text?: string;
  /** CSV of texts: the share of each owner's texts that is held out; the default is 0.2. */
  readonly heldOutFraction?: number;
  /** For `digits`, which is drawn from it. */
  readonly seed: number;
  /** For `digits`; the defaults are those of `DEFAULT_DIGITS`. */
  readonly trainCount?: number;
  readonly testCount?: number;
  /** Told what else happens, such as a download, one sentence each. */
  readonly onNotice?: (notice: string) => void;
  /** Where features and labels go; `allocateSharedFloats` puts them where all threads see them. */
  readonly allocate?: AllocateFloats;
  /** For downloads; the default is the platform's. */
  readonly fetch?: typeof fetch;
}

const CSV_FILE = /\.(csv|tsv)(\.gz)?$/i;

/**
 * Loads `digits` (drawn), `mnist`, `heart-disease` or Shakespeare's characters or words (found, or for mnist
 * fetched), or a file that ends in `.csv` or `.tsv`, gzipped or not, for which `label` names the column to
 * predict, or `tokens` says what texts are cut into.
 *
 * @throws {ConfigError} when the name is unknown or an option does not fit.
 * @throws {TransportError} when a file can be neither read nor fetched.
 * @throws {ProtocolError} when a file is damaged or not what it should be.
 */
export async function loadDataset(name: string, options: LoadDatasetOptions): Promise<DataSplit> {
  if (options.tokens !== undefined && ['digits', 'mnist', 'heart-disease'].includes(name)) {
    throw new ConfigError(`tokens must be left out for ${name}, which is no text, got ${options.tokens}`);
  }
  if (name === 'digits') return generateDigits({ ...DEFAULT_DIGITS, ...options });
  if (name === 'mnist') return loadMnist(options);
  if (name === 'heart-disease') return loadHeartDisease(options);
  if (name === 'shakespeare' || name === 'shakespeare-words') {
    const own = name === 'shakespeare' ? 'chars' : 'words';
    if (options.tokens === undefined || options.tokens === own) return loadShakespeare(own, options);
    throw new ConfigError(`tokens must be ${own} for ${name}, got ${options.tokens}`);
  }
  if (CSV_FILE.test(name)) return loadCsv(name, options);
  throw new ConfigError(
    `data must be ${DATASET_NAMES.join(', ')} or a path that ends in .csv, .csv.gz, .tsv or .tsv.gz, got "${name}"`,
  );
}

async function loadCsv(path: string, options: LoadDatasetOptions): Promise<DataSplit> {
  const { label, tokens } = options;
  const delimiter = /\.tsv(\.gz)?$/i.test(path) ? '\t' : ',';
  if (tokens !== undefined) return loadTextFile(path, { delimiter, ...options, tokens });
  if (label === undefined) {
    throw new ConfigError(
      `label must name the column of ${path} to predict, or tokens what its text is cut into, got neither`,
    );
  }
  const text = await readText(path);
  return { train: parseCsv(text, { delimiter, ...options, label, file: path, name: basename(path) }) };
}
