/** Tests of the round: lists of events in, commands out. */
import { describe, expect, it } from 'vitest';
import { drive, evaluated, failed, planOf, toRound1, updated } from '../../test/helpers/drive-round.js';
import { advance, restoredRun } from './round.js';
import { type Command, createdRun, type RunInput, type RunState } from './run-state.js';

describe('a run', () => {
  it('evaluates the initial model, then asks the cohort of round 1', () => {
    const plan = planOf(3);
    const { state, commands } = drive(plan, toRound1);
    expect(commands).toEqual([
      [{ type: 'evaluate', round: 0 }],
      [{ type: 'assign', round: 1, cohort: [0, 1, 2], work: plan.strategy.work(1) }],
    ]);
    expect(state).toMatchObject({ phase: 'training', round: 1, waiting: [0, 1, 2] });
  });

  it('folds each update as it arrives, then aggregates and evaluates', () => {
    const { commands } = drive(planOf(3), [
      ...toRound1,
      updated(1, 2, 7),
      updated(1, 0, 5),
      updated(1, 1, 6),
    ]);
    expect(commands.slice(2)).toEqual([
      [{ type: 'fold', clientId: 2, weight: 7 }],
      [{ type: 'fold', clientId: 0, weight: 5 }],
      [
        { type: 'fold', clientId: 1, weight: 6 },
        { type: 'aggregate', round: 1 },
        { type: 'evaluate', round: 1 },
      ],
    ]);
  });

  it('aggregates what there is where some clients failed', () => {
    const { state, commands } = drive(planOf(3), [...toRound1, failed(1, 0), updated(1, 1), failed(1, 2)]);
    expect(commands.slice(2)).toEqual([
      [],
      [{ type: 'fold', clientId: 1, weight: 1 }],
      [
        { type: 'aggregate', round: 1 },
        { type: 'evaluate', round: 1 },
      ],
    ]);
    expect(state).toMatchObject({ phase: 'evaluating', trained: [1], failed: [0, 2] });
  });

  it('fails a round with fewer results than the minimum, and starts the next', () => {
    const plan = planOf(3, { minimumClients: 2 });
    const { state, commands } = drive(plan, [
      ...toRound1,
      failed(1, 0),
      updated(1, 1),
      failed(1, 2),
      evaluated(1),
    ]);
    expect(commands.slice(-2)).toEqual([
      [
        { type: 'fail-round', round: 1, reason: '1 of 3 clients answered, at least 2 must' },
        { type: 'evaluate', round: 1 },
      ],
      [{ type: 'assign', round: 2, cohort: [0, 1, 2], work: plan.strategy.work(2) }],
    ]);
    expect(state).toMatchObject({ phase: 'training', round: 2, trained: [], failed: [] });
  });

  it('takes those who have not answered by the deadline as failed', () => {
    const { state, commands } = drive(planOf(3), [
      ...toRound1,
      updated(1, 1),
      { type: 'deadline-passed', round: 1 },
    ]);
    expect(state).toMatchObject({ phase: 'evaluating', trained: [1], failed: [0, 2], waiting: [] });
    expect(commands.at(-1)).toEqual([
      { type: 'aggregate', round: 1 },
      { type: 'evaluate', round: 1 },
    ]);
  });

  it('fails the round where the deadline passes with nobody in', () => {
    const { commands } = drive(planOf(2), [...toRound1, { type: 'deadline-passed', round: 1 }]);
    expect(commands.at(-1)?.[0]).toMatchObject({ type: 'fail-round', round: 1 });
  });

  it('ignores the deadline of an earlier round', () => {
    const { state } = drive(planOf(2), [
      ...toRound1,
      updated(1, 0),
      updated(1, 1),
      evaluated(1),
      { type: 'deadline-passed', round: 1 },
    ]);
    expect(state).toMatchObject({ phase: 'training', round: 2, waiting: [0, 1] });
  });

  it.each<[string, readonly RunInput[], number]>([
    ['comes twice', [updated(1, 0)], 0],
    ['comes after its client failed', [failed(1, 0)], 0],
    ['comes after the deadline', [{ type: 'deadline-passed', round: 1 }], 0],
    ['belongs to another round', [updated(1, 0), updated(1, 1), evaluated(1)], 1],
    ['comes from a client that was not asked', [], 7],
  ])('discards an update that %s', (_, before, clientId) => {
    const plan = planOf(2);
    const { state } = drive(plan, [...toRound1, ...before]);
    const late = advance(plan, state, updated(1, clientId));
    expect(late.commands).toEqual([{ type: 'discard', clientId }]);
    expect(late.state).toEqual(state);
  });

  it('ignores a failure after an update, and a second start', () => {
    const plan = planOf(2);
    const { state } = drive(plan, [...toRound1, updated(1, 0)]);
    expect(advance(plan, state, failed(1, 0))).toEqual({ state, commands: [] });
    expect(advance(plan, state, { type: 'started' })).toEqual({ state, commands: [] });
  });

  it('ignores an evaluation that it did not ask for', () => {
    const plan = planOf(2);
    const { state } = drive(plan, toRound1);
    expect(advance(plan, state, evaluated(1))).toEqual({ state, commands: [] });
  });

  it.each<[string, readonly RunInput[]]>([
    ['before it starts', []],
    ['while it evaluates', [{ type: 'started' }]],
    ['while it trains', [...toRound1, updated(1, 0)]],
  ])('ends when it is asked to %s, and stays so', (_, before) => {
    const plan = planOf(2);
    const { state, commands } = drive(plan, [...before, { type: 'stop-requested' }]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'interrupted' }]);
    expect(state.phase).toBe('finished');
    for (const event of [...toRound1, updated(1, 1), { type: 'stop-requested' } as const]) {
      expect(advance(plan, state, event)).toEqual({ state, commands: [] });
    }
  });

  it('ends after its last round', () => {
    const { state, commands } = drive(planOf(1, {}, { rounds: 1 }), [
      ...toRound1,
      updated(1, 0),
      evaluated(1),
    ]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'rounds' }]);
    expect(state).toMatchObject({ phase: 'finished', round: 1, progress: { round: 1 } });
  });

  it('ends before its last round where a rule says so', () => {
    const plan = planOf(1, {}, { target: { metric: 'accuracy', value: 0.9 } });
    const { commands } = drive(plan, [...toRound1, updated(1, 0), evaluated(1, 0.95)]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'target' }]);
  });
});

describe('a restored run', () => {
  const plan = planOf(20, { cohort: { cohortSize: 6 } }, { rounds: 6 });

  /** Runs a plan from a transition on, everybody answering, and records each round's cohort and progress. */
  function play({ state, commands }: { state: RunState; commands: readonly Command[] }) {
    const cohorts: (readonly number[])[] = [];
    const progress: RunState['progress'][] = [];
    let reason: string | undefined;
    const queue = [...commands];
    const deliver = (event: RunInput) => {
      const next = advance(plan, state, event);
      state = next.state;
      queue.push(...next.commands);
    };
    for (let command = queue.shift(); command; command = queue.shift()) {
      if (command.type === 'assign') {
        cohorts.push(command.cohort);
        for (const clientId of command.cohort) deliver(updated(command.round, clientId));
      }
      if (command.type === 'evaluate') {
        deliver(evaluated(command.round, command.round / 10));
        progress.push(state.progress);
      }
      if (command.type === 'finish') reason = command.reason;
    }
    return { cohorts, progress, reason };
  }

  it('goes on with the same cohorts to the same end, from any round, also through JSON', () => {
    const whole = play(advance(plan, createdRun, { type: 'started' }));
    expect(whole.cohorts).toHaveLength(6);
    for (const [round, progress] of whole.progress.entries()) {
      const rest = play(restoredRun(plan, JSON.parse(JSON.stringify(progress))));
      expect(rest.cohorts).toEqual(whole.cohorts.slice(round));
      expect(rest.progress).toEqual(whole.progress.slice(round + 1));
      expect(rest.reason).toBe(whole.reason);
    }
  });

  it('ends at once where it had reached its end', () => {
    const whole = play(advance(plan, createdRun, { type: 'started' }));
    const { state, commands } = restoredRun(plan, whole.progress.at(-1)!);
    expect(commands).toEqual([{ type: 'finish', reason: 'rounds' }]);
    expect(state.phase).toBe('finished');
  });
});
