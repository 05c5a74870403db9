/** Vocabularies: which tokens there are, fixed before any text is seen, or agreed on by those who hold it. */
import { ConfigError } from '../errors.js';
import { requireInteger } from './checks.js';

/**
 * The tokens of a model. A plain value: a public list, a user's, or what clients have found together, all are
 * the same to whoever uses it.
 */
export interface Vocabulary {
  readonly type: 'chars' | 'words' | 'hashed-words';
  /** The place of a name is the token's id. In `hashed-words` the names of buckets are no words. */
  readonly names: readonly string[];
  /** Tokens from this id on are predicted; those before it are only read. */
  readonly firstPredicted: number;
}

/** Fills up a sequence that is shorter than the others. */
export const PADDING = 0;
/** Stands for what is not in the vocabulary. */
export const UNKNOWN = 1;
/** Where a text begins, and in words each sentence. */
export const START = 2;
/** In words, a number in digits, whichever it is. */
export const NUMBER = 3;

/** Marks that words are read with; those before the gap end a sentence. None is ever predicted. */
export const SENTENCE_ENDS: readonly string[] = ['.', '!', '?'];
const MARKS: readonly string[] = [...SENTENCE_ENDS, ',', ';', ':'];

/** The printable characters, line feed and carriage return that TensorFlow Federated has for Shakespeare. */
const CHARACTERS =
  '\n\r !"#$%&\'()*,-./0123456789:;?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz';

/** More words than this are taken for a text. */
const MAX_WORDS = 1_000_000;

/**
 * The 86 characters of TensorFlow Federated's Shakespeare, and padding, unknown, start and end: 90 tokens, with
 * which McMahan's character model has 820,522 parameters. The end is never met: texts here end where they were
 * cut, and its place is kept so that models have the shapes of others' models.
 */
export function characterVocabulary(): Vocabulary {
  const names = ['<pad>', '<unknown>', '<start>', '<end>', ...CHARACTERS];
  return { type: 'chars', names, firstPredicted: 4 };
}

const READ_ONLY = ['<pad>', '<unknown>', '<start>', '<number>', ...MARKS];

/**
 * A vocabulary of words, in lower case; what differs in case only, or comes twice, is one word.
 *
 * @param words each of letters and apostrophes
 * @param source what to call the words in an error
 * @throws {ConfigError} when one is no word, or there are fewer than 3 or more than 1,000,000.
 */
export function wordVocabulary(words: readonly string[], source = 'words'): Vocabulary {
  const known = new Set<string>();
  for (const [index, word] of words.entries()) {
    const lower = plainText(word.trim());
    if (lower === '') continue;
    if (!/^'?\p{L}[\p{L}\p{M}']*$/u.test(lower)) {
      throw new ConfigError(
        `${source} must have one word a line, got "${clipped(word)}" in line ${index + 1}`,
      );
    }
    known.add(lower);
  }
  if (known.size < 3 || known.size > MAX_WORDS) {
    throw new ConfigError(`${source} must have 3 to ${MAX_WORDS} words, got ${known.size}`);
  }
  return { type: 'words', names: [...READ_ONLY, ...known], firstPredicted: READ_ONLY.length };
}

/**
 * Words without a list: each falls into the bucket of its hash, so that no word is unknown and some share a
 * bucket. A model suggests buckets; whoever has typed words knows which of them a bucket stands for.
 *
 * @param buckets 16 to 1,000,000
 * @throws {ConfigError} when `buckets` is out of range.
 */
export function hashedVocabulary(buckets: number): Vocabulary {
  requireInteger('buckets of a hashed vocabulary', buckets, 16, MAX_WORDS);
  const names = Array.from({ length: buckets }, (_, bucket) => `<bucket ${bucket}>`);
  return { type: 'hashed-words', names: [...READ_ONLY, ...names], firstPredicted: READ_ONLY.length };
}

/** The id of a word's bucket (FNV-1a over UTF-16 units, the same on every machine). */
export function bucketOf({ names, firstPredicted }: Vocabulary, word: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193) >>> 0;
  }
  return firstPredicted + (hash % (names.length - firstPredicted));
}

/** Lower case, one way to write an accent, one apostrophe. */
export function plainText(text: string): string {
  return text.normalize('NFC').replaceAll(/[’ʼ‘]/g, "'").toLowerCase();
}

function clipped(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
