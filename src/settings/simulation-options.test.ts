/** Tests of the settings of a simulation; what the command line refuses is tested there. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { parseOptions } from './simulation-options.js';

describe('parseOptions', () => {
  it('fills in the defaults', () => {
    expect(parseOptions({})).toEqual({
      data: 'digits',
      partition: 'dirichlet:0.3',
      clients: 10,
      model: '2nn',
      strategy: 'fedavg',
      reports: 'params',
      rounds: 20,
      batchSize: 10,
      learningRate: 0.1,
      seed: 1,
      compare: [],
      out: 'runs',
    });
  });

  it('takes what is given, and undefined for not given', () => {
    expect(parseOptions({ rounds: 3, seed: undefined })).toMatchObject({ rounds: 3, seed: 1 });
  });

  it.each(['natural', 'natural:5', 'labels:0/1', 'without:0/1'])(
    'leaves the clients of %s to the data',
    (partition) => {
      expect(parseOptions({ partition }).clients).toBeUndefined();
      expect(parseOptions({ partition, clients: 2 }).clients).toBe(2);
    },
  );

  it('is read from its own outcome, as a resumed run does', () => {
    const options = parseOptions({
      partition: 'natural',
      learningRate: { type: 'decay', initial: 1, factor: 0.5 },
    });
    expect(parseOptions(JSON.parse(JSON.stringify(options)))).toEqual(options);
  });

  it.each<[unknown, string]>([
    [3, 'got'],
    [null, 'got'],
    [{ speed: 9 }, 'got "speed"'],
    [
      { stopWhen: { type: 'function' } },
      'stopWhen must be a function of the progress, got {"type":"function"}',
    ],
    [{ learningRate: { type: 'steps', values: [] } }, 'learningRate must be a positive number, a schedule'],
    [{ learningRate: { type: 'cosine' } }, 'learningRate must be a positive number, a schedule'],
    [{ trainer: 'mine.ts' }, 'trainer must be { module, options? }, got "mine.ts"'],
    [{ plateau: { patience: 1, minChange: -1 } }, 'plateau.minChange must be 0 or more, got -1'],
    [
      { localParams: [] },
      'localParams must be "batch-normalization" or a list of names of parameters, got []',
    ],
    [
      { localParams: 'all' },
      'localParams must be "batch-normalization" or a list of names of parameters, got "all"',
    ],
    [{ momentum: 1 }, 'momentum must be from 0 to below 1, got 1'],
    [{ heldOutFraction: 1 }, 'heldOutFraction must be above 0 and below 1, got 1'],
  ])('refuses %j', (settings, message) => {
    expect(() => parseOptions(settings)).toThrow(ConfigError);
    expect(() => parseOptions(settings)).toThrow(message);
  });
});
