/** Tests of federated averaging as a strategy. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { type FedAvgOptions, fedAvg } from './fed-avg.js';

describe('fedAvg', () => {
  it('asks everybody for one epoch of batches of ten by default', () => {
    const strategy = fedAvg();
    expect(strategy).toMatchObject({ cohort: { samplingRate: 1 }, minimumClients: 1, reports: 'params' });
    expect(strategy.work(1)).toEqual({
      amount: { epochs: 1 },
      batchSize: 10,
      learningRate: 0.1,
      momentum: 0,
      weightDecay: 0,
    });
  });

  it('asks for steps in place of epochs', () => {
    expect(fedAvg({ localSteps: 7 }).work(1).amount).toEqual({ steps: 7 });
  });

  it('follows its schedules from round to round', () => {
    const strategy = fedAvg({
      learningRate: { type: 'decay', initial: 1, factor: 0.5 },
      localEpochs: (round) => round,
    });
    expect([1, 2, 3].map((round) => strategy.work(round).learningRate)).toEqual([1, 0.5, 0.25]);
    expect([1, 2, 3].map((round) => strategy.work(round).amount)).toEqual([
      { epochs: 1 },
      { epochs: 2 },
      { epochs: 3 },
    ]);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(fedAvg())).toBe(true);
  });

  it('takes the mean of params as the next model', () => {
    const global = Float32Array.of(1, 2);
    fedAvg().apply(global, Float32Array.of(5, 7), {}, 1);
    expect([...global]).toEqual([5, 7]);
  });

  it('adds the mean update to the model', () => {
    const global = Float32Array.of(1, 2);
    fedAvg({ reports: 'update' }).apply(global, Float32Array.of(0.5, -1), {}, 1);
    expect([...global]).toEqual([1.5, 1]);
  });

  it('scales the mean update by the server learning rate', () => {
    const global = Float32Array.of(1, 2);
    fedAvg({ reports: 'update', serverLearningRate: 2 }).apply(global, Float32Array.of(0.5, -1), {}, 1);
    expect([...global]).toEqual([2, 0]);
  });

  it('keeps nothing between rounds without momentum', () => {
    expect(fedAvg().serverState).toEqual([]);
  });

  it('has momentum from the round on that its schedule says', () => {
    const values = [
      [1, 0],
      [2, 0.5],
    ] as const;
    const strategy = fedAvg({ reports: 'update', serverMomentum: { type: 'steps', values } });
    const global = Float32Array.of(0);
    const state = { momentum: new Float32Array(1) };
    for (const round of [1, 2]) strategy.apply(global, Float32Array.of(1), state, round);
    expect([...global]).toEqual([2.5]);
  });

  it('adds a share of its last step to the next one', () => {
    const strategy = fedAvg({ reports: 'update', serverMomentum: 0.5, serverLearningRate: 2 });
    expect(strategy.serverState).toEqual(['momentum']);
    const global = Float32Array.of(1, 2);
    const state = { momentum: new Float32Array(2) };
    strategy.apply(global, Float32Array.of(1, 0), state, 1);
    expect([...global]).toEqual([3, 2]);
    strategy.apply(global, Float32Array.of(1, -1), state, 2);
    expect([...state.momentum]).toEqual([1.5, -1]);
    expect([...global]).toEqual([6, 0]);
  });

  it.each<[FedAvgOptions, string]>([
    [{ localEpochs: 1, localSteps: 1 }, 'localSteps must be left out where localEpochs is given, got both'],
    [{ localEpochs: 0 }, 'localEpochs must be a positive integer in round 1, got 0'],
    [{ localSteps: 1.5 }, 'localSteps must be a positive integer in round 1, got 1.5'],
    [{ batchSize: 0 }, 'batchSize must be a positive integer, got 0'],
    [{ batchSize: Number.NaN }, 'batchSize must be a positive integer, got NaN'],
    [{ minimumClients: 0 }, 'minimumClients must be a positive integer, got 0'],
    [{ learningRate: 0 }, 'learningRate must be a positive finite number in round 1, got 0'],
    [{ momentum: 1 }, 'momentum must be from 0 to below 1, got 1'],
    [{ momentum: -0.1 }, 'momentum must be from 0 to below 1, got -0.1'],
    [{ weightDecay: -1 }, 'weightDecay must be a finite number of at least 0, got -1'],
    [{ reports: 'update', serverLearningRate: 0 }, 'serverLearningRate must be positive and finite, got 0'],
    [{ serverLearningRate: 0.5 }, 'serverLearningRate must be 1 where clients report params, got 0.5'],
    [{ serverMomentum: 0.5 }, 'serverMomentum must be left out where clients report params, got both'],
    [{ reports: 'update', serverMomentum: 1 }, 'serverMomentum must be from 0 to below 1 in round 1, got 1'],
    [
      { reports: 'update', serverMomentum: () => Number.NaN },
      'serverMomentum must be from 0 to below 1 in round 1, got NaN',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => fedAvg(options)).toThrow(ConfigError);
    expect(() => fedAvg(options)).toThrow(message);
  });
});
