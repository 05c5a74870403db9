import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { parsePartition } from './partition-spec.js';

describe('parsePartition', () => {
  it.each([
    ['iid', { type: 'iid' }],
    ['linear', { type: 'linear' }],
    ['natural', { type: 'natural', minExamples: 1 }],
    ['natural:20', { type: 'natural', minExamples: 20 }],
    ['shards:2', { type: 'shards', shardsPerClient: 2 }],
    ['classes:3', { type: 'classes', classesPerClient: 3 }],
    ['dirichlet:0.5', { type: 'dirichlet', alpha: 0.5 }],
    ['dirichlet-size:1', { type: 'dirichlet-size', alpha: 1 }],
    ['power-law:1.5', { type: 'power-law', exponent: 1.5 }],
    ['labels:0+1/2', { type: 'labels', groups: [['0', '1'], ['2']] }],
    ['without:a b + c/d', { type: 'without', groups: [['a b', 'c'], ['d']] }],
  ])('reads %s', (text, spec) => {
    expect(parsePartition(text)).toEqual(spec);
  });

  it.each(['', 'even', 'iid:2', 'shards', 'linear:1', ':2', 'IID', 'labels'])(
    'names the known ones for %j',
    (text) => {
      const sentence = `partition must be one like iid, shards:2, dirichlet:0.5, dirichlet-size:1, power-law:1.5, linear, labels:0+1/2+3, without:1+3/2+5, natural, natural:20, classes:2, got "${text}"`;
      expect(() => parsePartition(text)).toThrow(new ConfigError(sentence));
    },
  );

  it.each([
    ['shards:0', 'an integer from 1'],
    ['shards:1.5', 'an integer from 1'],
    ['classes:x', 'a number after the colon'],
    ['natural:', 'a number after the colon'],
    ['dirichlet:0', 'alpha must be a number from 0.000001 to 1000000, got 0'],
    ['dirichlet-size:-1', 'alpha must be'],
    ['dirichlet:Infinity', 'a number after the colon'],
    ['power-law:-1', 'exponent must be'],
    ['power-law: ', 'a number after the colon'],
    ['labels:', 'classes joined by +'],
    ['labels:0+/1', 'classes joined by +'],
    ['without:0//1', 'classes joined by +'],
  ])('refuses %s', (text, sentence) => {
    expect(() => parsePartition(text)).toThrow(ConfigError);
    expect(() => parsePartition(text)).toThrow(sentence);
  });
});
