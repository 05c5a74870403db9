import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { naturalGroups } from './partition-natural.js';

const groups = ['x', 'y', 'x', 'z', 'y', 'x', 'w'];
const plain = (parts: ReturnType<typeof naturalGroups>) =>
  parts.map(({ name, indices }) => [name, ...indices]);

describe('naturalGroups', () => {
  it('makes one client of each owner, in order of first appearance', () => {
    expect(plain(naturalGroups(groups, 1))).toEqual([
      ['x', 0, 2, 5],
      ['y', 1, 4],
      ['z', 3],
      ['w', 6],
    ]);
  });

  it('leaves out owners with too few examples', () => {
    expect(naturalGroups(groups, 2).map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('keeps the largest owners, ties to the earlier', () => {
    expect(naturalGroups(groups, 1, 3).map(({ name }) => name)).toEqual(['x', 'y', 'z']);
  });

  it('keeps a large owner that appears late', () => {
    expect(naturalGroups(['x', 'y', 'z', 'z'], 1, 2).map(({ name }) => name)).toEqual(['x', 'z']);
  });

  it('refuses more clients than owners', () => {
    expect(() => naturalGroups(groups, 2, 3)).toThrow(
      new ConfigError('clients must be an integer from 1 to 2, got 3'),
    );
  });

  it('refuses to leave no owner', () => {
    expect(() => naturalGroups(groups, 4)).toThrow('must leave an owner with at least 4 examples');
  });
});
