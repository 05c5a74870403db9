import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWords, createTokenizer } from './tokenizer.js';
import { characterVocabulary, hashedVocabulary, wordVocabulary } from './vocabulary.js';

const words = createTokenizer(
  wordVocabulary(['the', 'lord', "'s", 'cat', "don't", "'tis", 'sat', 'well', 'known', 'is', "'t"]),
);
const shown = (text: string) => words.encode(text).map((id) => words.vocabulary.names[id]);

describe('the word tokenizer', () => {
  it('starts a sentence at the beginning and after each end of one', () => {
    expect(shown('The cat sat. The lord')).toEqual([
      ...['<start>', 'the', 'cat', 'sat', '.', '<start>', 'the', 'lord'],
    ]);
    expect(shown('')).toEqual(['<start>']);
  });

  it('starts one sentence after several marks', () => {
    expect(shown('sat?!... The')).toEqual(['<start>', 'sat', '?', '!', '.', '.', '.', '<start>', 'the']);
  });

  it('reads capitals, curly apostrophes and accents in two writings alike', () => {
    expect(words.encode('DON’T')).toEqual(words.encode("don't"));
    const cafe = createTokenizer(wordVocabulary(['café', 'b', 'c']));
    expect(cafe.encode('cafe\u0301')).toEqual(cafe.encode('CAFÉ'));
  });

  it('reads a word with an apostrophe whole, then without a leading one, then in two parts', () => {
    expect(shown("'Tis the lord's")).toEqual(['<start>', "'tis", 'the', 'lord', "'s"]);
    expect(shown("'the' is't")).toEqual(['<start>', 'the', 'is', "'t"]);
    expect(shown("bat's")).toEqual(['<start>', '<unknown>']);
  });

  it('reads numbers as one token, and neither quotes nor dashes nor brackets', () => {
    expect(shown('(1,024.5) “well-known”')).toEqual(['<start>', '<number>', 'well', 'known']);
  });

  it('writes tokens as text again', () => {
    expect(words.decode(words.encode("The lord's cat sat, well: 'tis known."))).toBe(
      "the lord's cat sat, well: 'tis known.",
    );
  });

  it('reads its own text as the same words and marks', () => {
    const plain = [...words.vocabulary.names.entries()].filter(([id, name]) => id > 3 && !name.includes("'"));
    const token = fc.constantFrom(...plain.map(([id]) => id));
    fc.assert(
      fc.property(fc.array(token), (ids) => {
        const text = words.decode(ids);
        expect(words.decode(words.encode(text))).toBe(text);
      }),
    );
  });
});

describe('the hashed tokenizer', () => {
  it('knows every word, but neither numbers nor marks as words', () => {
    const hashed = createTokenizer(hashedVocabulary(64));
    const [start, word, comma, number, other] = hashed.encode('Zyzzyva, 12 zyzzyva');
    const { names, firstPredicted } = hashed.vocabulary;
    expect([start, comma, number].map((id) => names[id!])).toEqual(['<start>', ',', '<number>']);
    expect(word).toBe(other);
    expect(word).toBeGreaterThanOrEqual(firstPredicted);
  });
});

describe('the character tokenizer', () => {
  const characters = createTokenizer(characterVocabulary());

  it('gives printable text back as it was', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const known = [...text].filter((each) => characters.vocabulary.names.includes(each)).join('');
        expect(characters.decode(characters.encode(known))).toBe(known);
      }),
    );
  });

  it('reads what it does not know as unknown, one token a character', () => {
    expect(characters.encode('a€😀b').map((id) => characters.vocabulary.names[id])).toEqual([
      ...['<start>', 'a', '<unknown>', '<unknown>', 'b'],
    ]);
  });
});

describe('countWords', () => {
  it('counts the words that the tokenizer reads, the most frequent first', () => {
    expect([...countWords("CATS don’t, don't! 12")]).toEqual([
      ["don't", 2],
      ['cats', 1],
    ]);
  });
});
