/** Tests of rounds that clients evaluate. */
import { describe, expect, it } from 'vitest';
import { Refusal } from '../protocol/problem.js';
import { clientEvaluation, serverEvaluation } from './evaluation-rounds.js';

const params = { sha256: 'a'.repeat(64), bytes: 8 };
const report = (correct: number, wrong: number) => ({
  exampleCount: correct + wrong,
  lossSum: wrong,
  absoluteErrorSum: 0,
  confusion: [correct, wrong, 0, 0],
});

function rounds(evaluators: readonly number[], deadlineMs = 60_000) {
  const engaged: number[] = [];
  const released: number[] = [];
  const evaluations = clientEvaluation({
    ...{ task: 'classification', classCount: 2, deadlineMs },
    evaluators: () => evaluators,
    engage: (clients) => void engaged.push(...clients),
    release: (clients) => void released.push(...clients),
    now: () => 0,
  });
  return { evaluations, engaged, released };
}

describe('an evaluation by clients', () => {
  it('adds up what they find, each client once in the spread', async () => {
    const { evaluations, engaged, released } = rounds([1, 2]);
    const found = evaluations.evaluate(4, params, [1, 2]);
    expect(engaged).toEqual([1, 2]);
    expect(evaluations.taskFor(1)).toMatchObject({ round: 4, params });
    expect(evaluations.receive(1, 4, report(9, 1))).toMatchObject({ outcome: 'accepted' });
    expect(evaluations.taskFor(1)).toBeUndefined();
    expect(evaluations.receive(1, 4, report(0, 10))).toMatchObject({ outcome: 'dropped' });
    evaluations.receive(2, 4, report(5, 25));
    const { metrics, federated } = (await found)!;
    expect(metrics).toMatchObject({ exampleCount: 40, accuracy: 14 / 40 });
    expect(federated?.spread).toMatchObject({ clientCount: 2, best: 0.9, worst: 5 / 30 });
    expect(released.toSorted()).toEqual([1, 2]);
  });

  it('goes on without those who do not answer in time, or cannot', async () => {
    const { evaluations, released } = rounds([1, 2, 3], 20);
    const found = evaluations.evaluate(1, params, []);
    evaluations.receive(1, 1, report(1, 1));
    evaluations.skip(2);
    expect((await found)?.federated?.spread.clientCount).toBe(1);
    expect(released).toContain(3);
  });

  it('finds nothing where nobody is there, or nobody answers', async () => {
    expect(await rounds([]).evaluations.evaluate(0, params, [])).toBeNull();
    expect(await rounds([1], 5).evaluations.evaluate(0, params, [])).toBeNull();
  });

  it.each([
    ['of another round', 1, 5, report(1, 1)],
    ['of a client that was not asked', 9, 4, report(1, 1)],
  ])('drops figures %s', (_, client, round, figures) => {
    const { evaluations } = rounds([1]);
    void evaluations.evaluate(4, params, []);
    expect(evaluations.receive(client, round, figures)).toMatchObject({ outcome: 'dropped' });
    evaluations.cancel();
  });

  it.each([
    ['with too few cells', { ...report(1, 1), confusion: [1, 1] }],
    ['that count other examples than they say', { ...report(1, 1), exampleCount: 3 }],
  ])('refuses figures %s', (_, figures) => {
    const { evaluations } = rounds([1]);
    void evaluations.evaluate(4, params, []);
    expect(() => evaluations.receive(1, 4, figures)).toThrow(Refusal);
    evaluations.cancel();
  });

  it('takes a loss that is no number for one', async () => {
    const { evaluations } = rounds([1]);
    const found = evaluations.evaluate(4, params, []);
    evaluations.receive(1, 4, { ...report(1, 1), lossSum: null });
    expect((await found)?.metrics.loss).toBeNaN();
  });
});

it('is the server that evaluates where it can', async () => {
  const metrics = { exampleCount: 1, loss: 2 };
  const evaluations = serverEvaluation(async () => metrics);
  expect(await evaluations.evaluate(1, params, [])).toEqual({ metrics });
  expect(evaluations.taskFor(1)).toBeUndefined();
});
