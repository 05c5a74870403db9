/** Text of the user's own: a table with a column of texts and, where there is one, a column of their owners. */
import { basename } from 'node:path';
import type { DataSplit } from '../data/dataset.js';
import { columnIndex, parseTable } from '../data/table.js';
import { ConfigError } from '../errors.js';
import { loadVocabulary, type TokenKind } from './load-vocabulary.js';
import { readText } from './read-bytes.js';
import { SEQUENCE_LENGTHS, type TextOptions } from './shakespeare.js';
import { cutByTime, splitOfTexts } from './text-split.js';

/** Which columns hold what. */
export interface TextFileOptions extends TextOptions {
  readonly tokens: TokenKind;
  /** The column of texts; the default is `text`. */
  readonly text?: string;
  /** The column of owners; without, all texts are of one owner. */
  readonly groupBy?: string;
  /** The share of each owner's texts, the last in the file, that is held out; the default is 0.2. */
  readonly heldOutFraction?: number;
  readonly delimiter?: string;
}

/**
 * Loads a delimited file, a text a row, an owner's texts oldest first. Each text starts anew.
 *
 * @throws {ConfigError} when a column is unknown, or no owner has two texts, so that none can be held out.
 * @throws {TransportError} or {ProtocolError} when the file cannot be read or is damaged.
 */
export async function loadTextFile(path: string, options: TextFileOptions): Promise<DataSplit> {
  const { tokens, text = 'text', groupBy, heldOutFraction = 0.2, delimiter } = options;
  const table = parseTable(await readText(path), path, delimiter === undefined ? {} : { delimiter });
  const textAt = columnIndex(table, text, 'text');
  const ownerAt = groupBy === undefined ? undefined : columnIndex(table, groupBy, 'groupBy');
  const texts = new Map<string, string[]>();
  for (const row of table.rows) {
    const owner = ownerAt === undefined ? '' : row[ownerAt] || '(missing)';
    const own = texts.get(owner);
    if (own) own.push(row[textAt]!);
    else texts.set(owner, [row[textAt]!]);
  }
  const owned = Array.from(texts, ([owner, lines]) => ({
    ...(ownerAt !== undefined && { owner }),
    ...cutByTime(lines, heldOutFraction),
  }));
  if (owned.every(({ test }) => test.length === 0)) {
    throw new ConfigError(`${path} must have an owner with two texts to hold one out, got one text each`);
  }
  const vocabulary = await loadVocabulary(tokens, options.vocabulary);
  return splitOfTexts(owned, {
    name: basename(path),
    vocabulary,
    sequenceLength: options.sequenceLength ?? SEQUENCE_LENGTHS[tokens],
    ...(options.allocate && { allocate: options.allocate }),
  });
}
