/** Tests of metrics and their spread. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricsOf, spreadOf, spreadValue } from './metrics.js';

describe('metricsOf', () => {
  it('reads accuracy, per class and overall, off the confusion counts', () => {
    const sums = { exampleCount: 8, lossSum: 4, absoluteErrorSum: 0, confusion: [3, 1, 0, 2, 2, 0, 0, 0, 0] };
    expect(metricsOf(sums, 'classification', 3)).toEqual({
      exampleCount: 8,
      loss: 0.5,
      accuracy: 5 / 8,
      perClassAccuracy: [3 / 4, 2 / 4, null],
      confusionMatrix: [
        [3, 1, 0],
        [2, 2, 0],
        [0, 0, 0],
      ],
    });
  });

  it('gives a regression its mean absolute error and no accuracy', () => {
    const sums = { exampleCount: 4, lossSum: 2, absoluteErrorSum: 6, confusion: [] };
    expect(metricsOf(sums, 'regression', 0)).toEqual({ exampleCount: 4, loss: 0.5, meanAbsoluteError: 1.5 });
  });

  it('takes the metrics of next-token over the labels that count, not over examples', () => {
    const tokens = { count: 8, top1: 2, top3: 4 };
    const sums = { exampleCount: 2, lossSum: 8 * Math.log(5), absoluteErrorSum: 0, confusion: [], tokens };
    expect(metricsOf(sums, 'next-token', 90)).toEqual({
      exampleCount: 2,
      loss: Math.log(5),
      accuracy: 0.25,
      top3Recall: 0.5,
      perplexity: expect.closeTo(5, 12),
      tokenCount: 8,
    });
  });
});

describe('spreadValue', () => {
  it('is the accuracy where there is one, else the loss', () => {
    expect(spreadValue({ exampleCount: 1, loss: 2, accuracy: 0.5 })).toBe(0.5);
    expect(spreadValue({ exampleCount: 1, loss: 2 })).toBe(2);
  });
});

describe('spreadOf', () => {
  it('counts each client once, with the population variance', () => {
    expect(spreadOf([0.2, 0.4, 0.9], true)).toEqual({
      clientCount: 3,
      mean: expect.closeTo(0.5, 12),
      variance: expect.closeTo((0.09 + 0.01 + 0.16) / 3, 12),
      worst: 0.2,
      best: 0.9,
      worstDecile: 0.2,
    });
  });

  it('takes the largest losses as the worst', () => {
    expect(spreadOf([1, 3, 2], false)).toMatchObject({ worst: 3, best: 1, worstDecile: 3 });
  });

  it('averages the worst tenth', () => {
    const values = Array.from({ length: 25 }, (_, index) => index);
    expect(spreadOf(values, true).worstDecile).toBe(0.5);
    expect(spreadOf(values, false).worstDecile).toBe(23.5);
  });

  it('lies between worst and best and ignores the order of clients', () => {
    const accuracies = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(accuracies, (values) => {
        const spread = spreadOf(values, true);
        expect(spread.mean).toBeGreaterThanOrEqual(spread.worst - 1e-9);
        expect(spread.mean).toBeLessThanOrEqual(spread.best + 1e-9);
        expect(spread.worstDecile).toBeLessThanOrEqual(spread.mean + 1e-9);
        const again = spreadOf(values.toReversed(), true);
        expect(again.worst).toBe(spread.worst);
        expect(again.worstDecile).toBeCloseTo(spread.worstDecile, 9);
      }),
    );
  });
});
