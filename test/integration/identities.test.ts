/** What must hold exactly: federated averaging against plain gradient descent, and the same bytes every time. */
import { describe, expect, it } from 'vitest';
import { generateDigits } from '../../dist/data/digits.js';
import { chooseEngine } from '../../dist/engine/onnx-runtime.js';
import { createModel } from '../../dist/learn/model.js';
import { createOnnxTrainer } from '../../dist/learn/onnx-trainer.js';
import type { SimulationOptions } from '../../dist/settings/simulation-options.js';
import { simulate } from '../../dist/simulation/simulate.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { emptyFolder } from '../helpers/cli.js';

const ROUNDS = 5;
const fullBatch = {
  examples: 300,
  model: 'mlp',
  partition: 'dirichlet-size:1',
  clients: 6,
  batchSize: 'full',
  localSteps: 1,
  learningRate: 0.5,
  rounds: ROUNDS,
  seed: 3,
  threads: 2,
} as const;

async function run(settings: SimulationOptions) {
  const events: RunEvent[] = [];
  const out = await emptyFolder();
  const result = await simulate({ ...settings, out }, { onEvent: (event) => events.push(event) });
  return { values: result.params.values, finished: result.finished, events };
}

/** Gradient descent on all examples in one place, by the trainer alone. */
async function centralDescent() {
  const { train } = generateDigits({ seed: fullBatch.seed, trainCount: 300, testCount: 60 });
  const { engine } = await chooseEngine();
  const { featureShape, task, classNames } = train;
  const trainer = createOnnxTrainer(
    engine,
    createModel('mlp', { featureShape, task, classCount: classNames.length }),
  );
  let params = new Float32Array(trainer.layout.size);
  let next = new Float32Array(trainer.layout.size);
  await trainer.initialParams(fullBatch.seed, params);
  const initial = params.slice();
  const examples = { dataset: train, indices: Uint32Array.from({ length: train.count }, (_, i) => i) };
  const { batchSize, learningRate } = fullBatch;
  const work = { amount: { steps: 1 }, batchSize, learningRate, momentum: 0, weightDecay: 0 } as const;
  for (let round = 1; round <= ROUNDS; round++) {
    await trainer.train(params, examples, work, round, next);
    [params, next] = [next, params];
  }
  await trainer.dispose?.();
  return { initial, params };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce(
    (largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? Number.NaN))),
    0,
  );
}

describe('federated averaging', () => {
  it('with one full-batch step of everybody is gradient descent on all examples', async () => {
    const [federated, { initial, params }] = await Promise.all([run(fullBatch), centralDescent()]);
    const sizes = federated.events.flatMap((event) =>
      event.type === 'client-trained' && event.round === 1 ? [event.exampleCount] : [],
    );
    expect(new Set(sizes).size).toBeGreaterThan(3);
    expect(largestDifference(params, initial)).toBeGreaterThan(0.01);
    expect(largestDifference(federated.values, params)).toBeLessThan(1e-5);
  });

  it('is the same whether clients report params or updates', async () => {
    const settings = { ...fullBatch, batchSize: 10, localSteps: 5, learningRate: 0.1 };
    const [params, updates] = await Promise.all([
      run({ ...settings, reports: 'params' }),
      run({ ...settings, reports: 'update' }),
    ]);
    expect(largestDifference(params.values, updates.values)).toBeLessThan(1e-5);
  });
});

describe('a seed', () => {
  const settings = {
    examples: 300,
    model: 'mlp',
    clients: 7,
    samplingRate: 0.7,
    rounds: 3,
    localEpochs: 2,
    momentum: 0.5,
  } as const;
  const bytes = async (more: SimulationOptions) =>
    Buffer.from((await run({ ...settings, ...more })).values.buffer);

  it('gives the same bytes on one, two and three threads', async () => {
    const one = await bytes({ seed: 4, threads: 1 });
    expect(one.equals(await bytes({ seed: 4, threads: 2 }))).toBe(true);
    expect(one.equals(await bytes({ seed: 4, threads: 3 }))).toBe(true);
  });

  it('gives the same metrics on one thread and on three', async () => {
    const metricsOn = async (threads: number) => {
      const { events } = await run({ ...settings, threads, compare: ['central', 'isolated'] });
      return events
        .flatMap((event) =>
          'metrics' in event ? [[event.type, 'clientId' in event ? event.clientId : 0, event.metrics]] : [],
        )
        .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    };
    expect(await metricsOn(1)).toEqual(await metricsOn(3));
  });

  it('gives other bytes than another', async () => {
    expect((await bytes({ seed: 4 })).equals(await bytes({ seed: 5 }))).toBe(false);
  });
});
