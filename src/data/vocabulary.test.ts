import { describe, expect, it } from 'vitest';
import { bucketOf, characterVocabulary, hashedVocabulary, wordVocabulary } from './vocabulary.js';
import { englishVocabulary } from './word-list.js';

describe('characterVocabulary', () => {
  it('has 90 tokens, of which 86 are characters that are predicted', () => {
    const { names, firstPredicted } = characterVocabulary();
    expect(names).toHaveLength(90);
    expect(new Set(names).size).toBe(90);
    expect(firstPredicted).toBe(4);
    expect(names.slice(firstPredicted).every((name) => name.length === 1)).toBe(true);
  });
});

describe('wordVocabulary', () => {
  it('puts the words behind the tokens that are only read', () => {
    const { names, firstPredicted } = wordVocabulary(['one', 'two', 'three']);
    expect(names.slice(firstPredicted)).toEqual(['one', 'two', 'three']);
    expect(names.slice(0, firstPredicted)).toContain(',');
  });

  it('takes words that differ in case, accents in two writings, and repeated words as one', () => {
    const { names, firstPredicted } = wordVocabulary(['Café', 'cafe\u0301', 'tea', 'TEA', '', 'don’t']);
    expect(names.slice(firstPredicted)).toEqual(['café', 'tea', "don't"]);
  });

  it('refuses what is no word, by its line', () => {
    expect(() => wordVocabulary(['one', 'two words', 'three'], 'list.txt')).toThrow(
      'list.txt must have one word a line, got "two words" in line 2',
    );
    expect(() => wordVocabulary(['one', 'x1', 'three'])).toThrow('got "x1" in line 2');
  });

  it('refuses a list of fewer than three words', () => {
    expect(() => wordVocabulary(['one', 'ONE', 'two'], 'list.txt')).toThrow(
      'list.txt must have 3 to 1000000 words, got 2',
    );
  });
});

describe('hashedVocabulary', () => {
  it('gives every word a bucket, always the same one', () => {
    const vocabulary = hashedVocabulary(4096);
    // FNV-1a of "a" is 0xe40c292c (the test vectors of its authors).
    expect(bucketOf(vocabulary, 'a')).toBe(vocabulary.firstPredicted + (0xe40c292c % 4096));
    for (const word of ['', 'word', 'ß', 'a'.repeat(1000)]) {
      const id = bucketOf(vocabulary, word);
      expect(id).toBeGreaterThanOrEqual(vocabulary.firstPredicted);
      expect(id).toBeLessThan(vocabulary.names.length);
    }
  });

  it('refuses a number of buckets that is out of range', () => {
    expect(() => hashedVocabulary(15)).toThrow('must be an integer from 16 to 1000000, got 15');
  });
});

describe('englishVocabulary', () => {
  it('has some 11,000 words, with their short forms and in both spellings', async () => {
    const { names } = await englishVocabulary();
    expect(names.length).toBeGreaterThan(11_000);
    expect(names.length).toBeLessThan(12_000);
    for (const word of ['the', 'i', "don't", "'s", 'colour', 'color']) expect(names).toContain(word);
  });
});
