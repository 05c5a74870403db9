/** Tests of what a selection may be. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { checkSelection, eligibleCandidates, type Selection } from './selection.js';

describe('checkSelection', () => {
  it.each<[string, Selection]>([
    ['candidateCount must be a positive integer, got 0', { type: 'power-of-choice', candidateCount: 0 }],
    ['candidateCount must be a positive integer, got 1.5', { type: 'power-of-choice', candidateCount: 1.5 }],
    ['where.region must have a value, got none', { type: 'attribute', where: { region: [] } }],
    ['where.region must have a value, got none', { type: 'attribute', where: { region: '' } }],
  ])('says "%s"', (message, selection) => {
    expect(() => checkSelection(selection)).toThrow(new ConfigError(message));
  });

  it.each<Selection>([
    { type: 'uniform' },
    { type: 'availability' },
    { type: 'power-of-choice', candidateCount: 1 },
    { type: 'attribute' },
    { type: 'attribute', where: { region: 'eu', tag: ['a', 'b'] }, balance: 'region' },
  ])('lets a sound one pass: $type', (selection) => {
    expect(() => checkSelection(selection)).not.toThrow();
  });
});

describe('eligibleCandidates', () => {
  it('names each client once, by rising id', () => {
    const candidates = [5, 10, 1, 5].map((clientId) => ({ clientId }));
    expect(eligibleCandidates({ type: 'uniform' }, candidates).map(({ clientId }) => clientId)).toEqual([
      1, 5, 10,
    ]);
  });
});
