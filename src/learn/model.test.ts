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
    expect(modelNames).toEqual(['logistic', 'mlp', '2nn', 'cnn', 'char-lstm', 'word-cifg']);
  });

  it.each(['nothing', 'toString', ''])('refuses the unknown name "%s"', (name) => {
    expect(() => createModel(name, digits)).toThrow(
      new ConfigError(`model must be one of ${modelNames.join(', ')}, got "${name}"`),
    );
  });

  it.each(['char-lstm', 'word-cifg'])('refuses data without sequences for the %s', (name) => {
    expect(() => createModel(name, digits)).toThrow(
      new ShapeError(
        `${name} must have sequences of tokens, got a classification of examples of [1, 28, 28]`,
      ),
    );
  });

  it.each([[[13]], [[1, 3, 28]], [[28, 28]]])('refuses examples of %j for the cnn', (featureShape) => {
    expect(() => createModel('cnn', { ...digits, featureShape })).toThrow(
      new ShapeError(
        `cnn must have examples of [channels, height, width] of at least 4 pixels, got [${featureShape.join(', ')}]`,
      ),
    );
  });
});
