/** From text to tokens and back, the same on every machine and without looking at any other text. */
import { bucketOf, NUMBER, plainText, SENTENCE_ENDS, START, UNKNOWN, type Vocabulary } from './vocabulary.js';

/** Turns texts into tokens of one vocabulary. */
export interface Tokenizer {
  readonly vocabulary: Vocabulary;
  /** The ids of a text's tokens; the first is always `START`. */
  encode(text: string): number[];
  /**
   * The text of tokens: characters as they were, words in lower case with one blank between them and none
   * before marks and endings such as 's. What has no text of its own (padding, a start) is left out.
   */
  decode(ids: readonly number[]): string;
}

/** A word with its apostrophes, a number, or a mark; all else (quotes, brackets, dashes) only divides. */
const PIECES = /'?\p{L}[\p{L}\p{M}]*(?:'[\p{L}\p{M}]+)*|\p{N}+(?:[.,:]\p{N}+)*|[.!?,;:]/gu;

/** Marks, and endings that are written without a blank before them. */
const ATTACHED = /^(?:[.!?,;:]|'(?:s|t|d|m|ll|re|ve))$/;

/**
 * The tokenizer of a vocabulary.
 *
 * Characters: one token each. Words: in lower case; a word with an apostrophe that is not in the vocabulary is
 * read without a leading one ('lord as lord), or in two parts where both are known (duke's as duke and 's);
 * what is still not known is one token, `UNKNOWN`; a sentence starts at the beginning and after . ! and ?
 */
export function createTokenizer(vocabulary: Vocabulary): Tokenizer {
  const ids = new Map(vocabulary.names.map((name, id) => [name, id]));
  return vocabulary.type === 'chars'
    ? characterTokenizer(vocabulary, ids)
    : wordTokenizer(vocabulary, (text) => wordIds(text, vocabulary, ids));
}

function characterTokenizer(vocabulary: Vocabulary, ids: ReadonlyMap<string, number>): Tokenizer {
  return {
    vocabulary,
    encode(text) {
      const tokens = [START];
      for (const character of text) tokens.push(ids.get(character) ?? UNKNOWN);
      return tokens;
    },
    decode: (tokens) => tokens.map((id) => textOf(vocabulary, id)).join(''),
  };
}

function wordTokenizer(vocabulary: Vocabulary, idsOf: (piece: string) => readonly number[]): Tokenizer {
  return {
    vocabulary,
    encode(text) {
      const tokens = [START];
      for (const [piece] of plainText(text).matchAll(PIECES)) {
        const ends = SENTENCE_ENDS.includes(piece);
        // Three dots start one sentence, not three.
        if (ends && tokens.length > 1 && tokens.at(-1) === START) tokens.pop();
        tokens.push(...idsOf(piece));
        if (ends) tokens.push(START);
      }
      return tokens;
    },
    decode(tokens) {
      let text = '';
      for (const id of tokens) {
        const word = textOf(vocabulary, id);
        text += text === '' || word === '' || ATTACHED.test(word) ? word : ` ${word}`;
      }
      return text;
    },
  };
}

/** How often each word stands in a text, as the tokenizer reads them; the most frequent first. */
export function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [piece] of plainText(text).matchAll(PIECES)) {
    if (/\p{L}/u.test(piece)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return new Map([...counts].toSorted(([, one], [, other]) => other - one));
}

function wordIds(piece: string, vocabulary: Vocabulary, ids: ReadonlyMap<string, number>): readonly number[] {
  const id = ids.get(piece);
  if (id !== undefined) return [id];
  if (/^\p{N}/u.test(piece)) return [NUMBER];
  if (vocabulary.type === 'hashed-words') return [bucketOf(vocabulary, piece)];
  if (piece.startsWith("'")) return wordIds(piece.slice(1), vocabulary, ids);
  const cut = piece.lastIndexOf("'");
  const parts = cut > 0 ? [ids.get(piece.slice(0, cut)), ids.get(piece.slice(cut))] : [];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 2 ? known : [UNKNOWN];
}

function textOf({ names, firstPredicted }: Vocabulary, id: number): string {
  const name = names[id] ?? '';
  if (id >= firstPredicted || name.length === 1) return name;
  return id === UNKNOWN || id === NUMBER ? name : '';
}
