/** Tests of schedules. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { positiveValueAt, type Schedule, valueAt } from './schedule.js';

const overRounds = (schedule: Schedule, rounds: number) =>
  Array.from({ length: rounds }, (_, index) => valueAt(schedule, index + 1));

describe('valueAt', () => {
  it('keeps a constant', () => {
    expect(overRounds(0.5, 3)).toEqual([0.5, 0.5, 0.5]);
  });

  it('decays from round 2 on, once a round', () => {
    expect(overRounds({ type: 'decay', initial: 8, factor: 0.5 }, 4)).toEqual([8, 4, 2, 1]);
  });

  it('decays once every few rounds', () => {
    expect(overRounds({ type: 'decay', initial: 8, factor: 0.5, every: 2 }, 5)).toEqual([8, 8, 4, 4, 2]);
  });

  it('changes by steps, each from its round on', () => {
    const schedule: Schedule = {
      type: 'steps',
      values: [
        [1, 5],
        [3, 2],
        [4, 1],
      ],
    };
    expect(overRounds(schedule, 5)).toEqual([5, 5, 2, 1, 1]);
  });

  it('uses the first step before its round', () => {
    expect(valueAt({ type: 'steps', values: [[10, 7]] }, 1)).toBe(7);
  });

  it('asks a function for every round', () => {
    expect(overRounds((round) => 1 / round, 3)).toEqual([1, 1 / 2, 1 / 3]);
  });
});

describe('positiveValueAt', () => {
  it('gives back a value that fits', () => {
    expect(positiveValueAt('localEpochs', { type: 'decay', initial: 4, factor: 0.5 }, 2, true)).toBe(2);
  });

  it.each([
    [0, 'got 0'],
    [-1, 'got -1'],
    [Number.NaN, 'got NaN'],
    [Number.POSITIVE_INFINITY, 'got Infinity'],
    [{ type: 'steps', values: [] } satisfies Schedule, 'got NaN'],
  ])('refuses %j where a positive number must stand', (schedule, got) => {
    const read = () => positiveValueAt('learningRate', schedule, 3, false);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`learningRate must be a positive finite number in round 3, ${got}`);
  });

  it('refuses a fraction where things are counted', () => {
    expect(() => positiveValueAt('localEpochs', 1.5, 1, true)).toThrow(
      'localEpochs must be a positive integer in round 1, got 1.5',
    );
  });
});
