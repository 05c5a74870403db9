/** Puts a suggestion into a text: in place of the word that is begun, or after what is there. */
import type { Suggestions } from '../../../../src/client/suggest.js';

/** What a button says, and what the text is once it is pressed. */
export interface Choice {
  readonly label: string;
  /** 0 to 1; null where the model does not say. */
  readonly share: number | null;
  readonly text: string;
}

const BEGUN = /[\p{L}\p{M}'’]+$/u;

/**
 * At most three. Of words: the likeliest. Of characters: the word that they spell, and then single characters.
 *
 * @param text as it was when it was asked about
 */
export function choicesFor(text: string, { suggestions, word }: Suggestions): Choice[] {
  const begun = BEGUN.exec(text)?.[0] ?? '';
  if (word === undefined) {
    return suggestions.slice(0, 3).map(({ text: next, probability }) => {
      const completes = begun !== '' && isBeginning(begun, next);
      return {
        ...{ label: next, share: probability },
        text: completes
          ? `${text.slice(0, -begun.length)}${likeBegun(begun, next)} `
          : `${text}${needsGap(text) ? ' ' : ''}${next} `,
      };
    });
  }
  const spelt =
    word === '' || word === begun
      ? []
      : [{ label: word, share: null, text: `${text.slice(0, text.length - begun.length)}${word} ` }];
  const characters = suggestions.map(({ text: next, probability }) => ({
    ...{ label: visible(next), share: probability, text: `${text}${next}` },
  }));
  return [...spelt, ...characters].slice(0, 3);
}

function isBeginning(begun: string, word: string): boolean {
  const plain = begun.toLowerCase().replaceAll('’', "'");
  return word.startsWith(plain) && word !== plain;
}

/** A person who began with a capital letter keeps it. */
function likeBegun(begun: string, word: string): string {
  const first = begun.charAt(0);
  return first === first.toLowerCase() ? word : `${first}${word.slice(1)}`;
}

function needsGap(text: string): boolean {
  return text !== '' && !/\s$/u.test(text);
}

/** A character that leaves no mark gets a name. */
function visible(character: string): string {
  return { ' ': 'space', '\n': 'new line', '\r': 'return' }[character] ?? character;
}
