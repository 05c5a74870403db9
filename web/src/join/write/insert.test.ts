import { describe, expect, it } from 'vitest';
import { choicesFor } from './insert.js';

const words = (...texts: string[]) => ({
  suggestions: texts.map((text, index) => ({ text, probability: 0.5 - index / 10 })),
});
const textsOf = (...given: Parameters<typeof choicesFor>) => choicesFor(...given).map(({ text }) => text);

describe('a suggested word', () => {
  it('goes behind what is typed, with a blank before it and one after', () => {
    expect(textsOf('how are', words('you', 'the'))).toEqual(['how are you ', 'how are the ']);
    expect(textsOf('how are ', words('you'))).toEqual(['how are you ']);
    expect(textsOf('', words('i'))).toEqual(['i ']);
  });

  it('takes the place of its own beginning, and keeps a capital letter', () => {
    expect(textsOf('see you tom', words('tomorrow'))).toEqual(['see you tomorrow ']);
    expect(textsOf('Tha', words('thank'))).toEqual(['Thank ']);
    expect(textsOf('i don’', words("don't"))).toEqual(["i don't "]);
  });

  it('does not take the place of the same word', () => {
    expect(textsOf('you', words('you'))).toEqual(['you you ']);
  });
});

describe('of characters', () => {
  it('the word that they spell comes first, then single characters by a name that can be seen', () => {
    const suggested = { ...words('o', ' ', '\n'), word: 'tomorrow' };
    expect(choicesFor('see you tom', suggested)).toEqual([
      { label: 'tomorrow', share: null, text: 'see you tomorrow ' },
      { label: 'o', share: 0.5, text: 'see you tomo' },
      { label: 'space', share: 0.4, text: 'see you tom ' },
    ]);
  });

  it('a word that is complete is not suggested', () => {
    expect(choicesFor('you', { ...words(' '), word: 'you' }).map(({ label }) => label)).toEqual(['space']);
  });
});
