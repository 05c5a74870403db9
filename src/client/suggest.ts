/** From what has been typed to what may come next: the part of a keyboard that a model of the next token plays. */
import { countWords, createTokenizer, type Tokenizer } from '../data/tokenizer.js';
import { bucketOf, PADDING, plainText, UNKNOWN, type Vocabulary } from '../data/vocabulary.js';
import type { Predictor } from '../learn/predictor.js';

/** A word, or a character, and how likely it is among all that could follow: 0 to 1. */
export interface Suggestion {
  readonly text: string;
  readonly probability: number;
}

/** What may come next. */
export interface Suggestions {
  /** At most three, the likeliest first. */
  readonly suggestions: readonly Suggestion[];
  /** Of characters: the word that is being typed, or else the next, spelt to its end. */
  readonly word?: string;
}

/** Suggests what comes after a text. Calls never overlap. */
export interface Suggester {
  /**
   * Words: the next one, or, where the text ends in the beginning of a word that is in no vocabulary as it
   * stands, the words that begin so.
   */
  suggest(text: string): Promise<Suggestions>;
}

export interface SuggesterOptions {
  /**
   * What this client has typed: of hashed words the only source of words to suggest, since a model knows buckets
   * and not what falls into them. Of two words in one bucket the more frequent is suggested.
   */
  readonly typed?: string;
}

const SUGGESTIONS = 3;
/** Characters after which a word is cut off that does not end. */
const LONGEST_WORD = 24;

/** A suggester on a model of the next token, which has as many outputs at each place as there are tokens. */
export function createSuggester(
  predictor: Predictor,
  vocabulary: Vocabulary,
  { typed = '' }: SuggesterOptions = {},
): Suggester {
  const tokenizer = createTokenizer(vocabulary);
  const after = (ids: readonly number[]) => probabilitiesAfter(predictor, vocabulary, ids);
  if (vocabulary.type === 'chars') return { suggest: (text) => suggestCharacters(tokenizer, after, text) };
  const words = vocabulary.type === 'words' ? listedWords(vocabulary) : typedWords(vocabulary, typed);
  return { suggest: (text) => suggestWords(tokenizer, after, words, text) };
}

type After = (ids: readonly number[]) => Promise<Float64Array>;

async function suggestWords(
  tokenizer: Tokenizer,
  after: After,
  words: ReadonlyMap<number, string>,
  text: string,
): Promise<Suggestions> {
  const ids = tokenizer.encode(text);
  const begun = ids.at(-1) === UNKNOWN ? (/[\p{L}\p{M}']+$/u.exec(plainText(text))?.[0] ?? '') : '';
  const fitting = begun === '' ? [] : [...words].filter(([, word]) => word.startsWith(begun));
  const probabilities = await after(fitting.length > 0 ? ids.slice(0, -1) : ids);
  return { suggestions: likeliest(probabilities, fitting.length > 0 ? new Map(fitting) : words) };
}

async function suggestCharacters(tokenizer: Tokenizer, after: After, text: string): Promise<Suggestions> {
  const { names, firstPredicted } = tokenizer.vocabulary;
  const characters = new Map([...names.entries()].slice(firstPredicted));
  const letters = new Map([...characters].filter(([, name]) => /[\p{L}']/u.test(name)));
  const ids = tokenizer.encode(text);
  const first = await after(ids);
  let word = /[\p{L}']+$/u.exec(text)?.[0] ?? '';
  let probabilities = first;
  while (word.length < LONGEST_WORD) {
    // A word has a letter at least; after that, whatever is no letter ends it.
    const [best] = likeliest(probabilities, word === '' ? letters : characters);
    if (!best || !/[\p{L}']/u.test(best.text)) break;
    word += best.text;
    ids.push(names.indexOf(best.text));
    probabilities = await after(ids);
  }
  return { suggestions: likeliest(first, characters), word };
}

/** The probability of each token of the vocabulary as the next; 0 for those that are never predicted. */
async function probabilitiesAfter(
  predictor: Predictor,
  { names, firstPredicted }: Vocabulary,
  ids: readonly number[],
): Promise<Float64Array> {
  const [length = 0] = predictor.outputShape;
  const seen = ids.slice(-length);
  const features = [...seen, ...new Array<number>(length - seen.length).fill(PADDING)];
  const outputs = await predictor.predict(features);
  const start = (seen.length - 1) * names.length;
  const probabilities = Float64Array.from(outputs.subarray(start, start + names.length));
  probabilities.fill(Number.NEGATIVE_INFINITY, 0, firstPredicted);
  const largest = probabilities.reduce((one, other) => Math.max(one, other));
  const weights = probabilities.map((output) => Math.exp(output - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function likeliest(probabilities: Float64Array, texts: ReadonlyMap<number, string>): Suggestion[] {
  const best: Suggestion[] = [];
  for (const [id, text] of texts) {
    const probability = probabilities[id] ?? 0;
    const place = best.findIndex((other) => probability > other.probability);
    if (place >= 0) best.splice(place, 0, { text, probability });
    else best.push({ text, probability });
    if (best.length > SUGGESTIONS) best.pop();
  }
  return best;
}

function listedWords({ names, firstPredicted }: Vocabulary): Map<number, string> {
  return new Map([...names.entries()].slice(firstPredicted));
}

function typedWords(vocabulary: Vocabulary, typed: string): Map<number, string> {
  const words = new Map<number, string>();
  for (const word of countWords(typed).keys()) {
    const id = bucketOf(vocabulary, word);
    if (!words.has(id)) words.set(id, word);
  }
  return words;
}
