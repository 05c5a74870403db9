/** What is counted of a model's predictions. */
import { describe, expect, it } from 'vitest';
import { addSums, countErrors, countPredictions, emptyTally } from './evaluation.js';

describe('countPredictions', () => {
  it('counts by label and by the largest output', () => {
    const tally = emptyTally(3);
    const outputs = Float32Array.of(1, 5, 2, 9, -1, 3, -3, -2, -1);
    countPredictions(tally, outputs, Int32Array.of(1, 2, 2), 3);
    expect(tally.confusion).toEqual([0, 0, 0, 0, 1, 0, 1, 0, 1]);
  });

  it('predicts the first of equal outputs', () => {
    const tally = emptyTally(2);
    countPredictions(tally, Float32Array.of(4, 4), Int32Array.of(1), 1);
    expect(tally.confusion).toEqual([0, 0, 1, 0]);
  });

  it('predicts class 1 where a single output is positive', () => {
    const tally = emptyTally(2);
    countPredictions(tally, Float32Array.of(0.1, -0.1, 0, 2), Float32Array.of(1, 1, 0, 0), 4);
    expect(tally.confusion).toEqual([1, 1, 1, 1]);
  });
});

describe('countErrors', () => {
  it('sums absolute errors', () => {
    const tally = emptyTally(0);
    countErrors(tally, Float32Array.of(1, -2, 0.5), Float32Array.of(2, -4, 0.5));
    expect(tally.absoluteErrorSum).toBe(3);
    expect(tally.confusion).toEqual([]);
  });
});

describe('addSums', () => {
  it('adds parts exactly', () => {
    const tally = emptyTally(2);
    const part = { exampleCount: 3, lossSum: 1.5, absoluteErrorSum: 0.25, confusion: [1, 0, 0, 2] };
    addSums(tally, part);
    addSums(tally, part);
    expect(tally).toEqual({ exampleCount: 6, lossSum: 3, absoluteErrorSum: 0.5, confusion: [2, 0, 0, 4] });
  });
});
