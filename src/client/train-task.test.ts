/** Tests of a client's part of a round. */
import { describe, expect, it } from 'vitest';
import type { Dataset, Examples } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import type { EvaluationSums, LocalWork, Trainer, TrainResult } from '../learn/trainer.js';
import { createLayout } from '../params/layout.js';
import { runEvaluationTask, runTrainTask } from './train-task.js';

const layout = createLayout([{ name: 'weight', shape: [3] }]);
const examples: Examples = {
  dataset: {
    name: 'two',
    task: 'classification',
    count: 2,
    featureShape: [1],
    features: Float32Array.of(0, 1),
    labels: Float32Array.of(0, 1),
    classNames: ['a', 'b'],
  },
  indices: Uint32Array.of(0, 1),
};
const work: LocalWork = {
  amount: { epochs: 1 },
  batchSize: 1,
  learningRate: 0.1,
  momentum: 0,
  weightDecay: 0,
};
const good: TrainResult = { exampleCount: 2, steps: 2, loss: 0.5 };
const sums: EvaluationSums = { exampleCount: 2, lossSum: 1, confusion: [1, 0, 0, 1], absoluteErrorSum: 0 };

/** A trainer that does what a test says; `given` is what it was called with. */
function trainerThat(does: {
  train?: (params: Float32Array, out: Float32Array) => unknown;
  evaluate?: (params: Float32Array) => unknown;
}) {
  const given: unknown[] = [];
  const trainer: Trainer = {
    layout,
    initialParams() {},
    async train(params, ...rest) {
      given.push(...rest.slice(0, 3));
      return does.train?.(params, rest[3]) as TrainResult;
    },
    async evaluate(params) {
      return does.evaluate?.(params) as EvaluationSums;
    },
  };
  return { trainer, given };
}

const task = (reports: 'params' | 'update') => ({
  params: Float32Array.of(1, 2, 3),
  examples,
  work,
  seed: 9,
  reports,
});

const writes = (params: Float32Array, out: Float32Array) => {
  out.set(params.map((value) => value * 2));
  return good;
};

describe('runTrainTask', () => {
  it('hands the task to the trainer and reports its params', async () => {
    const { trainer, given } = trainerThat({ train: writes });
    const out = new Float32Array(3);
    const asked = task('params');
    expect(await runTrainTask(trainer, asked, out)).toEqual(good);
    expect([...out]).toEqual([2, 4, 6]);
    expect([...asked.params]).toEqual([1, 2, 3]);
    expect(given).toEqual([examples, work, 9]);
  });

  it('reports local minus global params as the update', async () => {
    const out = new Float32Array(3);
    await runTrainTask(trainerThat({ train: writes }).trainer, task('update'), out);
    expect([...out]).toEqual([1, 2, 3]);
  });

  it('leaves no earlier report in place of what the trainer did not write', async () => {
    const { trainer } = trainerThat({
      train: (_, out) => {
        out[0] = 5;
        return good;
      },
    });
    const out = Float32Array.of(7, 7, 7);
    await runTrainTask(trainer, task('params'), out);
    expect([...out]).toEqual([5, Number.NaN, Number.NaN]);
  });

  it('lets an error of the trainer through', async () => {
    const { trainer } = trainerThat({
      train: () => {
        throw new Error('out of tea');
      },
    });
    await expect(runTrainTask(trainer, task('params'), new Float32Array(3))).rejects.toThrow('out of tea');
  });

  it.each<[unknown, string]>([
    [undefined, 'got undefined'],
    [null, 'got null'],
    ['done', 'got "done"'],
    [{}, 'got {}'],
    [{ ...good, exampleCount: 1.5 }, 'got {"exampleCount":1.5,"steps":2,"loss":0.5}'],
    [{ exampleCount: 2, loss: 0.5 }, 'got {"exampleCount":2,"loss":0.5}'],
    [{ ...good, steps: -1 }, 'got {"exampleCount":2,"steps":-1,"loss":0.5}'],
    [{ ...good, loss: '1' }, 'got {"exampleCount":2,"steps":2,"loss":"1"}'],
  ])('refuses %j as a result', async (result, got) => {
    const { trainer } = trainerThat({ train: () => result });
    const run = runTrainTask(trainer, task('params'), new Float32Array(3));
    await expect(run).rejects.toThrow(ConfigError);
    await expect(run).rejects.toThrow(`the trainer must give back exampleCount, steps and loss, ${got}`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a loss of %d in words', async (loss) => {
    const { trainer } = trainerThat({ train: () => ({ ...good, loss }) });
    const run = runTrainTask(trainer, task('params'), new Float32Array(3));
    await expect(run).rejects.toThrow(`the training loss must stay finite, got ${loss}`);
  });
});

describe('runTrainTask, where a parameter stays with the client', () => {
  const some = createLayout([
    { name: 'shared', shape: [1] },
    { name: 'own', shape: [2] },
  ]);
  const ownOf = (...values: number[]) => ({
    entries: some.entries.slice(1),
    values: Float32Array.from(values),
  });

  it.each([
    { reports: 'params', expected: [2, 2, 3] },
    { reports: 'update', expected: [1, 0, 0] },
  ] as const)(
    'trains it from its own values, keeps it, and reports nothing of it among $reports',
    async ({ reports, expected }) => {
      const local = ownOf(50, 60);
      const out = new Float32Array(3);
      const asked = { ...task(reports), local };
      await runTrainTask(trainerThat({ train: writes }).trainer, asked, out);
      expect([...out]).toEqual(expected);
      expect([...local.values]).toEqual([100, 120]);
      expect([...asked.params]).toEqual([1, 2, 3]);
    },
  );

  it.each([0, 2])('keeps what it had where element %d of the trained ones is no number', async (index) => {
    const local = ownOf(50, 60);
    const { trainer } = trainerThat({
      train(params, out) {
        writes(params, out);
        out[index] = Number.NaN;
        return good;
      },
    });
    const run = runTrainTask(trainer, { ...task('params'), local }, new Float32Array(3));
    await expect(run).rejects.toThrow('trained parameters must stay finite, got NaN or infinity');
    expect([...local.values]).toEqual([50, 60]);
  });

  it('evaluates with it in its place', async () => {
    const evaluated: number[][] = [];
    const { trainer } = trainerThat({
      evaluate(params) {
        evaluated.push([...params]);
        return sums;
      },
    });
    await runEvaluationTask(trainer, Float32Array.of(1, 2, 3), examples, ownOf(50, 60));
    await runEvaluationTask(trainer, Float32Array.of(1, 2, 3), examples);
    expect(evaluated).toEqual([
      [1, 50, 60],
      [1, 2, 3],
    ]);
  });
});

describe('runEvaluationTask', () => {
  const evaluate = (result: unknown) =>
    runEvaluationTask(trainerThat({ evaluate: () => result }).trainer, new Float32Array(3), examples);

  it('gives back the sums', async () => {
    expect(await evaluate(sums)).toEqual(sums);
  });

  it('lets a loss that is no number through, as a model that diverged has', async () => {
    expect(await evaluate({ ...sums, lossSum: Number.NaN })).toEqual({ ...sums, lossSum: Number.NaN });
  });

  it.each([
    undefined,
    {},
    { ...sums, exampleCount: 3 },
    { ...sums, confusion: [2] },
    { ...sums, lossSum: '1' },
  ])('refuses %j', async (result) => {
    await expect(evaluate(result)).rejects.toThrow(ConfigError);
    await expect(evaluate(result)).rejects.toThrow(
      'the trainer must give back sums over 2 examples of 2 classes when it evaluates, got ',
    );
  });

  describe('of the next token', () => {
    const dataset: Dataset = { ...examples.dataset, task: 'next-token' };
    const found = { ...sums, confusion: [], tokens: { count: 5, top1: 1, top3: 2 } };
    const evaluateTokens = (result: unknown) => {
      const { trainer } = trainerThat({ evaluate: () => result });
      return runEvaluationTask(trainer, new Float32Array(3), { ...examples, dataset });
    };

    it('gives back the sums', async () => {
      expect(await evaluateTokens(found)).toEqual(found);
    });

    it.each([
      { ...found, tokens: undefined },
      { ...found, tokens: { count: 5, top1: 1 } },
      { ...found, confusion: sums.confusion },
    ])('refuses %j', async (result) => {
      await expect(evaluateTokens(result)).rejects.toThrow(
        'the trainer must give back sums over 2 examples with counts of tokens when it evaluates, got ',
      );
    });
  });
});
