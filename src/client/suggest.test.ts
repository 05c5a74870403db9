import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../data/tokenizer.js';
import {
  bucketOf,
  characterVocabulary,
  hashedVocabulary,
  PADDING,
  START,
  type Vocabulary,
  wordVocabulary,
} from '../data/vocabulary.js';
import type { Predictor } from '../learn/predictor.js';
import { createSuggester } from './suggest.js';

const LENGTH = 5;

/** A model whose outputs at each place are the logarithms of what `next` says of the token there; else 1e-9. */
function modelOf(vocabulary: Vocabulary, next: (token: string) => Readonly<Record<string, number>>) {
  const seen: number[][] = [];
  const predictor: Predictor = {
    outputShape: [LENGTH, vocabulary.names.length],
    async predict(features) {
      const ids = Array.from(features);
      seen.push(ids);
      return Float32Array.from(
        ids.flatMap((id) => {
          const shares = next(vocabulary.names[id]!);
          return vocabulary.names.map((name) => Math.log(shares[name] ?? 1e-9));
        }),
      );
    },
    release: async () => {},
  };
  return { predictor, seen };
}

describe('suggestions of words', () => {
  const vocabulary = wordVocabulary(['the', 'cat', 'car', 'dog', 'sat', 'barks']);
  const next = (token: string): Record<string, number> => {
    if (token === 'the') return { cat: 0.3, car: 0.1, dog: 0.4, sat: 0.1, '<unknown>': 0.1 };
    if (token === 'dog') return { barks: 0.9 };
    return { the: 1 };
  };

  it('are the three likeliest, with their shares of all that can be predicted', async () => {
    const { predictor } = modelOf(vocabulary, next);
    const { suggestions, word } = await createSuggester(predictor, vocabulary).suggest('the');
    expect(suggestions.map(({ text }) => text)).toEqual(['dog', 'cat', 'car']);
    // What is never predicted does not count: unknown has 0.1 of the model's whole.
    expect(suggestions[0]!.probability).toBeCloseTo(0.4 / 0.9, 5);
    expect(word).toBeUndefined();
  });

  it('look at the last tokens of a long text, and at a short one with padding behind', async () => {
    const { predictor, seen } = modelOf(vocabulary, next);
    const { encode } = createTokenizer(vocabulary);
    const suggester = createSuggester(predictor, vocabulary);
    expect((await suggester.suggest('the cat sat the cat sat the dog')).suggestions[0]!.text).toBe('barks');
    expect(seen[0]).toEqual(encode('the cat sat the cat sat the dog').slice(-LENGTH));
    expect((await suggester.suggest('')).suggestions[0]!.text).toBe('the');
    expect(seen[1]).toEqual([START, PADDING, PADDING, PADDING, PADDING]);
  });

  it('end a word that has been begun, by what stands before it', async () => {
    const { predictor } = modelOf(vocabulary, next);
    const { suggestions } = await createSuggester(predictor, vocabulary).suggest('the CA');
    expect(suggestions.map(({ text }) => text)).toEqual(['cat', 'car']);
    expect(suggestions[0]!.probability).toBeCloseTo(0.3 / 0.9, 5);
  });

  it('follow an unknown word that none begins with, as any other', async () => {
    const { predictor, seen } = modelOf(vocabulary, next);
    await createSuggester(predictor, vocabulary).suggest('the zebra');
    expect(seen[0]!.map((id) => vocabulary.names[id])).toEqual([
      '<start>',
      'the',
      '<unknown>',
      '<pad>',
      '<pad>',
    ]);
  });
});

describe('suggestions of hashed words', () => {
  const vocabulary = hashedVocabulary(16);

  it('are words that this client has typed, of one bucket the most frequent', async () => {
    const bucket = bucketOf(vocabulary, 'beta');
    const rare = [
      'cat',
      'dog',
      'elk',
      'fox',
      'gnu',
      'hen',
      'ape',
      'bat',
      'cow',
      'doe',
      'eel',
      'fly',
      'ant',
      'bee',
    ].filter((word) => bucketOf(vocabulary, word) === bucket);
    expect(rare.length).toBeGreaterThan(0);
    const typed = `alpha beta beta gamma ${rare.join(' ')}`;
    const beta = vocabulary.names[bucket]!;
    const { predictor } = modelOf(vocabulary, () => ({ [beta]: 0.9 }));
    const { suggestions } = await createSuggester(predictor, vocabulary, { typed }).suggest('alpha');
    expect(suggestions[0]).toEqual({ text: 'beta', probability: expect.closeTo(1, 5) });
    for (const { text } of suggestions) expect(typed).toContain(text);
  });

  it('are none where nothing has been typed', async () => {
    const { predictor } = modelOf(vocabulary, () => ({}));
    expect((await createSuggester(predictor, vocabulary).suggest('alpha')).suggestions).toEqual([]);
  });
});

describe('suggestions of characters', () => {
  const vocabulary = characterVocabulary();
  const chain: Record<string, Record<string, number>> = {
    n: { o: 0.8, e: 0.15, i: 0.05 },
    o: { t: 0.9, ' ': 0.1 },
    t: { ' ': 0.9, o: 0.1 },
    ' ': { '\n': 0.9, t: 0.1 },
    l: { l: 1 },
  };
  const { predictor } = modelOf(vocabulary, (token) => chain[token] ?? {});
  const suggester = createSuggester(predictor, vocabulary);

  it('are the three likeliest, and the word spelt to its end', async () => {
    const { suggestions, word } = await suggester.suggest('to n');
    expect(suggestions.map(({ text }) => text)).toEqual(['o', 'e', 'i']);
    expect(word).toBe('not');
  });

  it('leave a word as it is that has ended, and spell the next one after a blank', async () => {
    expect((await suggester.suggest('not')).word).toBe('not');
    expect((await suggester.suggest('not ')).word).toBe('t');
  });

  it('cut off a word without end', async () => {
    expect((await suggester.suggest('l')).word).toBe('l'.repeat(24));
  });
});
