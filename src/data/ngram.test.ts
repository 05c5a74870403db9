import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Examples } from './dataset.js';
import { trainNgram } from './ngram.js';
import { buildLevels } from './ngram-counts.js';
import { datasetOfTexts, type OwnedTexts } from './text-dataset.js';
import { START, wordVocabulary } from './vocabulary.js';

const vocabulary = wordVocabulary(['a', 'b', 'c']);
const { firstPredicted } = vocabulary;
const [a, b, c] = [firstPredicted, firstPredicted + 1, firstPredicted + 2] as [number, number, number];

function examplesOf(owned: readonly OwnedTexts[], sequenceLength = 20): Examples {
  const { dataset } = datasetOfTexts(owned, { name: 'text', vocabulary, sequenceLength });
  return { dataset, indices: Uint32Array.from({ length: dataset.count }, (_, index) => index) };
}

const train = (texts: readonly string[], order: number) =>
  trainNgram([examplesOf([{ texts }])], { order, firstPredicted });

describe('trainNgram', () => {
  // Pairs: start a, a b (twice), b a, b c. Met before a: start and b; before b: a; before c: b.
  const pairs = train(['a b a b c'], 2);

  it('gives the probabilities that counting by hand gives', () => {
    // No gram was met three times: 0.5 is taken off a count of 1, and 1 off a count of 2.
    const alone = {
      a: 1 / 4 + (2 / 4) * (1 / 3),
      b: 0.5 / 4 + (2 / 4) * (1 / 3),
      c: 0.5 / 4 + (2 / 4) * (1 / 3),
    };
    expect(pairs.probability([b], a)).toBeCloseTo(0.5 / 2 + (1 / 2) * alone.a, 12);
    expect(pairs.probability([b], c)).toBeCloseTo(0.5 / 2 + (1 / 2) * alone.c, 12);
    expect(pairs.probability([b], b)).toBeCloseTo((1 / 2) * alone.b, 12);
    expect(pairs.probability([a], b)).toBeCloseTo(1 / 2 + (1 / 2) * alone.b, 12);
    // A context that was never met says nothing.
    expect(pairs.probability([c], a)).toBeCloseTo(alone.a, 12);
  });

  it('names the three likeliest', () => {
    expect(pairs.likeliest([b])).toEqual([a, c, b]);
    expect(pairs.likeliest([c])).toEqual([a, b, c]);
  });

  it('finds labels, and sums their loss', () => {
    const found = pairs.evaluate(examplesOf([{ texts: ['b c'] }]));
    const loss = -Math.log(pairs.probability([START], b)) - Math.log(pairs.probability([b], c));
    // After the start "a" is likelier than "b"; after "b", "a" is likelier than "c".
    expect(found).toEqual({ count: 2, top1: 0, top3: 2, lossSum: expect.closeTo(loss, 10) });
  });

  it('sums to 1 over all that is predicted, and names the likeliest, in whatever context', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'x', '.', ',');
    const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 8 });
    const token = fc.integer({ min: 0, max: vocabulary.names.length - 1 });
    const order = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(texts, fc.array(token, { maxLength: 5 }), order, (lines, context, length) => {
        const model = train(['a', ...lines.map((line) => line.join(' '))], length);
        const all = [a, b, c].map((id) => ({ id, probability: model.probability(context, id) }));
        expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
        const best = model.likeliest(context).map((id) => model.probability(context, id));
        const highest = all.map(({ probability }) => probability).toSorted((one, other) => other - one);
        expect(best).toEqual(highest.slice(0, best.length));
      }),
    );
  });

  it('reads on over the cut between two sequences of one owner, and not into the next', () => {
    const owned: OwnedTexts[] = [
      { owner: 'ann', texts: ['a b c a c b a b c'] },
      { owner: 'bob', texts: ['c c b a'] },
    ];
    const losses = [1, 2, 5, 40].map((length) => {
      const examples = examplesOf(owned, length);
      return trainNgram([examples], { order: 3, firstPredicted }).evaluate(examples).lossSum;
    });
    for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 10);
  });

  it('refuses an order that is out of range', () => {
    expect(() => train(['a'], 7)).toThrow('ngramOrder must be an integer from 1 to 6, got 7');
  });

  it('refuses an order too high for the vocabulary', () => {
    const examples = examplesOf([{ texts: ['a'] }]);
    const classNames = Array.from({ length: 11_000 }, (_, index) => `w${index}`);
    const parts = [{ ...examples, dataset: { ...examples.dataset, classNames } }];
    expect(() => trainNgram(parts, { order: 4, firstPredicted })).toThrow(
      'ngramOrder must be lower for a vocabulary of 11000, got 4',
    );
  });
});

describe('buildLevels', () => {
  it('estimates discounts from how many grams were met once, twice, three and four times', () => {
    // Tokens met 1, 1, 1, 2, 2, 3 and 4 times.
    const keys = [0, 1, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6];
    const [level] = buildLevels(Float64Array.from(keys), 1, 10);
    const y = 3 / 7;
    const expected = [1 - 2 * y * (2 / 3), 2 - 3 * y * (1 / 2), 3 - 4 * y * (1 / 1)];
    for (const [index, discount] of expected.entries())
      expect(level!.discounts[index]).toBeCloseTo(discount, 12);
    expect([...level!.counts]).toEqual([1, 1, 1, 2, 2, 3, 4]);
    expect(level!.totals[0]).toBe(14);
  });

  it('counts for shorter grams the different tokens before them', () => {
    // To base 10: 12 twice, 32, 14.
    const [single, pair] = buildLevels(Float64Array.of(12, 32, 12, 14), 2, 10);
    expect([...pair!.counts]).toEqual([2, 1, 1]);
    expect([...single!.tokens]).toEqual([2, 4]);
    expect([...single!.counts]).toEqual([2, 1]);
  });
});
