/** Shakespeare's plays by role, each a natural client: the next character, or the next word. */
import type { DataSplit } from '../data/dataset.js';
import type { AllocateFloats } from '../data/float-storage.js';
import { parsePlayLines } from '../data/text.js';
import { TransportError } from '../errors.js';
import { loadVocabulary, type TokenKind } from './load-vocabulary.js';
import { candidateFolders, findFiles, type PlaceOptions } from './places.js';
import { readText } from './read-bytes.js';
import { cutByTime, splitOfTexts } from './text-split.js';

/** Options of text data; the defaults of `sequenceLength` are 80 characters and 20 words. */
export interface TextOptions {
  readonly sequenceLength?: number;
  /** Of words: a file with one word a line, or `hashed:4096`; see `loadVocabulary`. */
  readonly vocabulary?: string;
  readonly allocate?: AllocateFloats;
}

const FILE = 'plays-by-role.tsv';
/** Roles with fewer lines are left out: one is to be held out, one to train on. */
const FEWEST_LINES = 2;
/** McMahan et al. 2017, section 3. */
const HELD_OUT = 0.2;

/** Tokens an example where nothing else is asked for. */
export const SEQUENCE_LENGTHS: Readonly<Record<TokenKind, number>> = { chars: 80, words: 20 };

/**
 * Loads `plays-by-role.tsv` (or `.gz`) from the first folder that holds it: `dataDir` or TESSERA_DATA, each also
 * with a folder `shakespeare`, or the cache. It is never fetched.
 *
 * As in McMahan et al. 2017 (section 3): a client is a role of a play with at least two lines, the first 80% of
 * its lines are to train on (rounded down, at least one) and the rest to be tested on. Of 1,298 roles 1,187
 * have two lines. A role's lines are one text, joined by line feeds.
 *
 * @throws {TransportError} when the file is found nowhere or cannot be read.
 * @throws {ConfigError} or {ProtocolError} when the file, or an option, is not what it should be.
 */
export async function loadShakespeare(
  tokens: TokenKind,
  options: PlaceOptions & TextOptions = {},
): Promise<DataSplit> {
  const path = await findPlays(options);
  const [text, vocabulary] = await Promise.all([readText(path), loadVocabulary(tokens, options.vocabulary)]);
  const roles = parsePlayLines(text, path)
    .map(({ key, text }) => ({ owner: key, lines: text.split('\n') }))
    .filter(({ lines }) => lines.length >= FEWEST_LINES);
  const owned = roles.map(({ owner, lines }) => {
    const { train, test } = cutByTime(lines, HELD_OUT);
    return { owner, train: [train.join('\n')], test: [test.join('\n')] };
  });
  return splitOfTexts(owned, {
    name: tokens === 'chars' ? 'shakespeare' : 'shakespeare-words',
    vocabulary,
    sequenceLength: options.sequenceLength ?? SEQUENCE_LENGTHS[tokens],
    ...(options.allocate && { allocate: options.allocate }),
  });
}

async function findPlays(options: PlaceOptions): Promise<string> {
  const folders = candidateFolders('shakespeare', options);
  for (const folder of folders) {
    const found = await findFiles(folder, [[`${FILE}.gz`, FILE]]);
    if (found?.[0] !== undefined) return found[0];
  }
  throw new TransportError(
    `shakespeare must be at hand: ${FILE} is not in ${folders.join(', ')}; give its folder as --data-dir`,
  );
}
