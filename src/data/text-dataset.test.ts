import { describe, expect, it } from 'vitest';
import { datasetOfTexts } from './text-dataset.js';
import { PADDING, START, UNKNOWN, wordVocabulary } from './vocabulary.js';

const vocabulary = wordVocabulary(['a', 'b', 'c', 'd', 'e']);
const id = (name: string) => vocabulary.names.indexOf(name);
const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(id) as [number, number, number, number, number];
const options = { name: 'text', vocabulary, sequenceLength: 3 };

describe('datasetOfTexts', () => {
  it("cuts an owner's text into sequences that follow each other, labels one ahead, the last padded", () => {
    const { dataset } = datasetOfTexts([{ texts: ['a b c d e'] }], options);
    expect([...dataset.features]).toEqual([START, a, b, c, d, PADDING]);
    expect([...dataset.labels]).toEqual([a, b, c, d, e, -1]);
    expect(dataset).toMatchObject({ task: 'next-token', count: 2, featureShape: [3], labelShape: [3] });
    expect(dataset.classNames).toBe(vocabulary.names);
    expect(dataset.groups).toBeUndefined();
  });

  it('counts every word of the vocabulary once, whatever the length of sequences', () => {
    for (let sequenceLength = 1; sequenceLength < 9; sequenceLength++) {
      const { dataset } = datasetOfTexts([{ texts: ['a b x c, d. E!'] }], { ...options, sequenceLength });
      expect([...dataset.labels].filter((label) => label >= 0)).toEqual([a, b, c, d, e]);
    }
  });

  it('predicts neither unknown words nor marks nor starts, but reads them', () => {
    const { dataset, coverage } = datasetOfTexts([{ texts: ['a x, b. c'] }], {
      ...options,
      sequenceLength: 8,
    });
    expect([...dataset.features]).toEqual([START, a, UNKNOWN, id(','), b, id('.'), START, PADDING]);
    expect([...dataset.labels]).toEqual([a, -1, -1, b, -1, -1, c, -1]);
    expect(coverage).toBe(0.75);
  });

  it('starts each text of an owner anew, once', () => {
    const { dataset } = datasetOfTexts([{ texts: ['a.', 'b'] }], { ...options, sequenceLength: 4 });
    expect([...dataset.features]).toEqual([START, a, id('.'), START]);
    expect([...dataset.labels]).toEqual([a, -1, -1, b]);
  });

  it('never lets a sequence run from one owner into the next, and names owners', () => {
    const { dataset } = datasetOfTexts(
      [
        { owner: 'ann', texts: ['a b'] },
        { owner: 'bob', texts: ['c'] },
      ],
      options,
    );
    expect([...dataset.features]).toEqual([START, a, PADDING, START, PADDING, PADDING]);
    expect([...dataset.labels]).toEqual([a, b, -1, c, -1, -1]);
    expect(dataset.groups).toEqual(['ann', 'bob']);
  });

  it('leaves out sequences without anything to predict', () => {
    const { dataset } = datasetOfTexts([{ texts: ['a b c x x x x d'] }], options);
    expect([...dataset.features]).toEqual([START, a, b, UNKNOWN, UNKNOWN, PADDING]);
    expect([...dataset.labels]).toEqual([a, b, c, -1, d, -1]);
  });

  it('refuses text without anything to predict', () => {
    expect(() => datasetOfTexts([{ texts: ['x, y.', ''] }], options)).toThrow(
      'text must hold text with something to predict in its vocabulary, got none',
    );
  });

  it('refuses a length that is out of range', () => {
    expect(() => datasetOfTexts([{ texts: ['a'] }], { ...options, sequenceLength: 0 })).toThrow(
      'sequenceLength must be an integer from 1 to 4096, got 0',
    );
  });
});
