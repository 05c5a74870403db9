/** Which data there is and how it is read: of a simulation, and of what a server evaluates on. */
import * as v from 'valibot';
import { integer, must, number, text } from './checks.js';
import type { ValuesOf } from './parse-settings.js';

/** The settings of data. */
export const dataEntries = {
  /** A name of `DATASET_NAMES`, or the path of a CSV file. */
  data: text('data'),
  dataDir: text('dataDir'),
  /** CSV: the column to predict, the column that names each example's owner, and the columns to use. */
  label: text('label'),
  groupBy: text('groupBy'),
  features: v.pipe(v.array(text('features'), must('features', 'a list of column names')), v.readonly()),
  task: v.picklist(['classification', 'regression'], must('task', 'classification or regression')),
  /** Text: what it is cut into; of CSV files also the column that holds it. */
  tokens: v.picklist(['chars', 'words'], must('tokens', 'chars or words')),
  text: text('text'),
  /** Text: tokens an example. */
  sequenceLength: integer('sequenceLength', 1, 4096),
  /** Words: the path of a file with one a line, or `hashed:4096` for so many buckets in place of a list. */
  vocabulary: text('vocabulary'),
  /** `digits`: how many training examples to draw; a fifth as many test examples. */
  examples: integer('examples', 10, 10_000_000),
  heldOutFraction: number('heldOutFraction', 'above 0 and below 1', (value) => value > 0 && value < 1),
};

/** Where data comes from; what is left out has its reader's default. */
export type DataSettings = Partial<ValuesOf<typeof dataEntries>>;

/** Whether data is text that has owners of its own. */
export function isShakespeare(data: string | undefined): boolean {
  return data === 'shakespeare' || data === 'shakespeare-words';
}

/** The model where none is named: text needs one of its own. Undefined: the data is no text. */
export function textModel({
  data,
  tokens,
  task,
}: {
  readonly [Key in 'data' | 'tokens' | 'task']?: string | undefined;
}): 'word-cifg' | 'char-lstm' | undefined {
  if (tokens === 'words' || data === 'shakespeare-words') return 'word-cifg';
  return tokens === 'chars' || data === 'shakespeare' || task === 'next-token' ? 'char-lstm' : undefined;
}
