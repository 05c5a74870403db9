/** Finds the vocabulary of a text data set: built in, hashed, or a file of the user's own. */
import {
  characterVocabulary,
  hashedVocabulary,
  type Vocabulary,
  wordVocabulary,
} from '../data/vocabulary.js';
import { englishVocabulary } from '../data/word-list.js';
import { ConfigError } from '../errors.js';
import { readText } from './read-bytes.js';

/** What a text is cut into. */
export type TokenKind = 'chars' | 'words';

const HASHED = 'hashed:';

/** Whether the setting `vocabulary` is the path of a file. */
export function isVocabularyFile(given: string): boolean {
  return !given.startsWith(HASHED);
}

/**
 * The vocabulary for `tokens`: for characters always the same; for words the built-in list, or what `given` says:
 * `hashed:4096` (so many buckets), or the path of a file with one word a line, gzipped or not.
 *
 * @throws {ConfigError} when `given` does not fit or the file holds no list of words.
 * @throws {TransportError} or {ProtocolError} when the file cannot be read.
 */
export async function loadVocabulary(tokens: TokenKind, given: string | undefined): Promise<Vocabulary> {
  if (tokens === 'chars') {
    if (given === undefined) return characterVocabulary();
    throw new ConfigError(`vocabulary must be left out where tokens are chars, got "${given}"`);
  }
  if (given === undefined) return englishVocabulary();
  if (!isVocabularyFile(given)) return hashedVocabulary(bucketsOf(given));
  const lines = (await readText(given)).split(/\r?\n/);
  return wordVocabulary(lines, given);
}

function bucketsOf(given: string): number {
  const digits = given.slice(HASHED.length);
  if (/^\d+$/.test(digits)) return Number(digits);
  throw new ConfigError(
    `vocabulary must be a file, or hashed: and a number like hashed:4096, got "${given}"`,
  );
}
