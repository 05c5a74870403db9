/** Clients that fail in every way a trainer can: each costs its own round, and nothing else. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError, FederatedError } from '../../dist/errors.js';
import { simulate } from '../../dist/simulation/simulate.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { emptyFolder } from '../helpers/cli.js';
import type { Fault, FaultyOptions } from '../helpers/faulty-trainer.js';

const module = fileURLToPath(new URL('../helpers/faulty-trainer.ts', import.meta.url));

/** Four clients with classes of their own, of which client 2 has the 4; the learning rate says which round it is. */
const settings = {
  examples: 100,
  partition: 'labels:0+1/2+3/4/5+6+7+8+9',
  rounds: 3,
  learningRate: {
    type: 'steps',
    values: [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  },
  threads: 2,
} as const;

async function simulateFault(options: FaultyOptions, more: Parameters<typeof simulate>[0] = {}) {
  const events: RunEvent[] = [];
  const notices: string[] = [];
  const out = await emptyFolder();
  const result = await simulate(
    { ...settings, ...more, out, trainer: { module, options } },
    { onEvent: (event) => events.push(event), onNotice: (notice) => notices.push(notice) },
  );
  const rounds = events.filter((event) => event.type === 'round-finished');
  const failures = events.filter((event) => event.type === 'client-failed');
  return { result, events, notices, rounds, failures };
}

describe('a client whose trainer fails', () => {
  it.each<[Fault, string]>([
    ['throws', 'out of tea'],
    ['returns-nothing', 'the trainer must give back exampleCount, steps and loss, got undefined'],
    ['writes-nothing', 'an update must have finite elements, got NaN or infinity'],
    ['nan-params', 'an update must have finite elements, got NaN or infinity'],
    ['infinite-loss', 'the training loss must stay finite, got Infinity'],
    ['wrong-shape', 'offset is out of bounds'],
    ['no-examples', 'exampleCount must be a positive integer up to 2^40, got 0'],
    ['kills-thread', 'a training thread died: it exited with code 3'],
  ])('%s: is counted as failed in that round, with the reason', async (fault, reason) => {
    const { result, rounds, failures } = await simulateFault({ fault, label: 4, learningRate: 2 });
    expect(failures).toEqual([{ type: 'client-failed', round: 2, clientId: 2, reason }]);
    expect(
      rounds.map(({ trainedCount, failedCount, outcome }) => [trainedCount, failedCount, outcome]),
    ).toEqual([
      [0, 0, 'aggregated'],
      [4, 0, 'aggregated'],
      [3, 1, 'aggregated'],
      [4, 0, 'aggregated'],
    ]);
    expect(result.finished.reason).toBe('rounds');
    expect([...result.params.values].every(Number.isFinite)).toBe(true);
  });

  it('fails the round where fewer answer than must, leaves the model alone, and goes on', async () => {
    const { result, rounds } = await simulateFault(
      { fault: 'throws', label: 4, learningRate: 2 },
      { minimumClients: 4 },
    );
    expect(rounds.map(({ outcome }) => outcome)).toEqual([
      'aggregated',
      'aggregated',
      'failed',
      'aggregated',
    ]);
    expect(rounds[2]).toMatchObject({
      reason: '3 of 4 clients answered, at least 4 must',
      metrics: rounds[1]?.metrics,
    });
    expect(result.finished).toMatchObject({ reason: 'rounds', rounds: 3 });
  });

  it('fails a round whose model has moved since it was evaluated, and evaluates it', async () => {
    const fault = { fault: 'throws', learningRate: 2 } as const;
    const { rounds } = await simulateFault(fault, { minimumClients: 4, evaluateEvery: 2 });
    const whole = await simulateFault(fault, { minimumClients: 4 });
    expect(rounds.map(({ outcome }) => outcome)).toEqual([
      'aggregated',
      'aggregated',
      'failed',
      'aggregated',
    ]);
    expect(rounds[1]?.metrics).toBeUndefined();
    // Of round 1, in which nothing was evaluated.
    expect(rounds[2]?.metrics).toEqual(whole.rounds[1]?.metrics);
    expect(rounds[2]?.metrics).not.toEqual(rounds[0]?.metrics);
  });

  it('ends no run even if it is everybody, in every round', async () => {
    const { result, rounds, failures } = await simulateFault({ fault: 'kills-thread' });
    expect(rounds.map(({ outcome }) => outcome)).toEqual(['aggregated', 'failed', 'failed', 'failed']);
    expect(failures).toHaveLength(12);
    expect([...result.params.values]).toEqual(new Array(10).fill(0));
  });

  it('is left out where it cannot evaluate', async () => {
    const { rounds, result } = await simulateFault({ fault: 'evaluation-throws', label: 4 });
    expect(rounds.map(({ federated }) => federated?.spread.clientCount)).toEqual([undefined, 3, 3, 3]);
    expect(result.finished.reason).toBe('rounds');
  });
});

describe('a trainer that fails for others than the clients of a round', () => {
  it('costs the central baseline its rest, not the run', async () => {
    const { result, events, notices } = await simulateFault(
      { fault: 'infinite-loss', minExamples: 50, learningRate: 2 },
      { compare: ['central', 'isolated'] },
    );
    expect(result.finished.reason).toBe('rounds');
    const rounds = events.flatMap((event) => (event.type === 'central-evaluated' ? [event.round] : []));
    expect(rounds).toEqual([0, 1]);
    expect(events.filter(({ type }) => type === 'isolated-evaluated')).toHaveLength(4);
    expect(notices).toEqual([
      'central training ended in round 2: the training loss must stay finite, got Infinity',
    ]);
  });

  it('costs an isolated client its place, not the run', async () => {
    const { result, events, notices } = await simulateFault(
      { fault: 'throws', label: 4 },
      { compare: ['isolated'] },
    );
    expect(result.finished.reason).toBe('rounds');
    const alone = events.flatMap((event) => (event.type === 'isolated-evaluated' ? [event.clientId] : []));
    expect(alone.toSorted()).toEqual([0, 1, 3]);
    expect(notices).toEqual(['client 2 could not train alone: out of tea']);
  });

  it('ends the run in words where it cannot evaluate for the server', async () => {
    await expect(simulateFault({ fault: 'evaluation-returns-nothing' })).rejects.toThrow(
      'the trainer must give back sums over 20 examples of 10 classes when it evaluates, got undefined',
    );
  });
});

describe('a trainer module', () => {
  const simulateWith = async (location: string) =>
    simulate({ ...settings, out: await emptyFolder(), trainer: { module: location } });

  it('must be there', async () => {
    await expect(simulateWith('nowhere.ts')).rejects.toThrow(ConfigError);
    await expect(simulateWith('nowhere.ts')).rejects.toThrow('trainer.module must be a module that loads');
  });

  it('must make a trainer', async () => {
    const location = fileURLToPath(new URL('../helpers/no-trainer.ts', import.meta.url));
    await expect(simulateWith(location)).rejects.toThrow(
      'trainer.module must make a trainer with layout, initialParams, train and evaluate',
    );
  });

  it('ends the run where it ends its thread as it loads', async () => {
    const location = fileURLToPath(new URL('../helpers/exiting-trainer.ts', import.meta.url));
    await expect(simulateWith(location)).rejects.toThrow(FederatedError);
    await expect(simulateWith(location)).rejects.toThrow('a thread did not start: it exited with code 4');
  });

  it('ends the run where no thread is left and none can be started', async () => {
    const out = await emptyFolder();
    const location = fileURLToPath(new URL('../helpers/dying-trainer.ts', import.meta.url));
    const trainer = { module: location, options: { marker: join(out, 'marker') } };
    const rounds: number[] = [];
    const run = simulate(
      { ...settings, out, trainer, threads: 1 },
      { onEvent: (event) => event.type === 'round-finished' && rounds.push(event.round) },
    );
    await expect(run).rejects.toThrow('a training thread died: it exited with code 3');
    expect(rounds).toEqual([0, 1]);
  });
});
