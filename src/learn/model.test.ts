/** The models that the papers use. */
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { modelParameters } from './compile.js';
import { createModel, modelNames } from './model.js';

const digits = { featureShape: [1, 28, 28], task: 'classification', classCount: 10 } as const;
const characters = { featureShape: [80], task: 'next-token', classCount: 90 } as const;
const sizeOf = (name: string, input: Parameters<typeof createModel>[1] = digits) =>
  modelParameters(createModel(name, input)).layout.size;

describe('createModel', () => {
  it('has the parameter counts of the papers', () => {
    expect(sizeOf('logistic')).toBe(7_850);
    expect(sizeOf('mlp')).toBe(101_770);
    expect(sizeOf('2nn')).toBe(199_210);
    expect(sizeOf('cnn')).toBe(1_663_370);
    expect(sizeOf('char-lstm', characters)).toBe(820_522);
    expect(sizeOf('word-cifg', { ...characters, classCount: 10_000 })).toBe(1_422_250);
    expect(sizeOf('transformer', characters)).toBe(418_650);
    expect(sizeOf('lenet')).toBe(61_706);
  });

  it('counts running statistics apart from what an optimiser moves', () => {
    const { entries } = modelParameters(createModel('resnet8', digits)).layout;
    const count = (statistic?: true) =>
      entries.filter((entry) => entry.statistic === statistic).reduce((sum, { length }) => sum + length, 0);
    expect([count(), count(true)]).toEqual([77_754, 672]);
  });

  it('has one output and the squared error for a regression', () => {
    const input = { featureShape: [13], task: 'regression', classCount: 0 } as const;
    expect(sizeOf('logistic', input)).toBe(14);
    expect(createModel('logistic', input).loss).toBe('mean-squared-error');
  });

  it('has an output for every class', () => {
    expect(sizeOf('logistic', { featureShape: [13], task: 'classification', classCount: 2 })).toBe(28);
  });

  it('knows its names', () => {
    expect(modelNames).toEqual([
      'logistic',
      'mlp',
      '2nn',
      'cnn',
      'lenet',
      'resnet8',
      'char-lstm',
      'word-cifg',
      'transformer',
    ]);
  });

  it.each(['nothing', 'toString', ''])('refuses the unknown name "%s"', (name) => {
    expect(() => createModel(name, digits)).toThrow(
      new ConfigError(`model must be one of ${modelNames.join(', ')}, got "${name}"`),
    );
  });

  it.each(['char-lstm', 'word-cifg', 'transformer'])('refuses data without sequences for the %s', (name) => {
    expect(() => createModel(name, digits)).toThrow(
      new ShapeError(
        `${name} must have sequences of tokens, got a classification of examples of [1, 28, 28]`,
      ),
    );
  });

  it.each(
    [
      ['cnn', 4],
      ['lenet', 12],
      ['resnet8', 4],
    ].flatMap(([name, least = 0]) =>
      [[13], [1, Number(least) - 1, 28], [28, 28]].map((featureShape) => ({
        name: String(name),
        least,
        featureShape,
      })),
    ),
  )('refuses examples of $featureShape for $name', ({ name, least, featureShape }) => {
    expect(() => createModel(name, { ...digits, featureShape })).toThrow(
      new ShapeError(
        `${name} must have examples of [channels, height, width] of at least ${least} pixels, got [${featureShape.join(', ')}]`,
      ),
    );
  });

  it.each([
    ['lenet', [3, 12, 12]],
    ['resnet8', [3, 4, 4]],
    ['cnn', [3, 4, 4]],
  ])('makes a %s for the smallest images', (name, featureShape) => {
    expect(sizeOf(name, { ...digits, featureShape })).toBeGreaterThan(0);
  });
});
