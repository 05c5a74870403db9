/** Tests of rounds with clients that come and go: who is asked, and when a round has enough. */
import { describe, expect, it } from 'vitest';
import {
  candidates,
  drive,
  failed,
  planOf,
  toRound1,
  updated,
  wildPlan,
} from '../../test/helpers/drive-round.js';
import { selectClients } from '../strategy/select-clients.js';
import { advance } from './round.js';
import type { RunInput } from './run-state.js';

const deadline = (round: number): RunInput => ({ type: 'deadline-passed', round });
const select = (round: number) => ({ type: 'select', round, goal: 3, wanted: 3, minimum: 1 });

describe('a round of clients that come and go', () => {
  it('asks who is available and starts as soon as enough are', () => {
    const plan = wildPlan();
    const { state, commands } = drive(plan, [
      ...toRound1,
      candidates(1, [4, 2]),
      candidates(1, [9, 4, 2]),
      candidates(1, [9, 4, 2, 1]),
    ]);
    expect(commands.slice(1)).toEqual([
      [select(1)],
      [],
      [{ type: 'assign', round: 1, cohort: [2, 4, 9], work: plan.strategy.work(1) }],
      [],
    ]);
    expect(state).toMatchObject({ phase: 'training', goal: 3, waiting: [2, 4, 9] });
  });

  it('starts with fewer once the time for selection is up, but not below the minimum', () => {
    const plan = wildPlan({ selectionMs: 500 }, { minimumClients: 2 });
    const { state, commands } = drive(plan, [
      ...toRound1,
      candidates(1, [4, 2], 499),
      candidates(1, [4], 500),
      candidates(1, [4], 5000),
      candidates(1, [4, 2], 5001),
    ]);
    expect(commands.slice(1, -1)).toEqual([[{ ...select(1), minimum: 2 }], [], [], []]);
    expect(commands.at(-1)).toMatchObject([{ type: 'assign', cohort: [2, 4] }]);
    expect(state).toMatchObject({ phase: 'training', goal: 2 });
  });

  it('waits for as long as it takes where the plan sets no time', () => {
    const { state } = drive(wildPlan(), [...toRound1, candidates(1, [4, 2], Number.MAX_VALUE)]);
    expect(state.phase).toBe('selecting');
  });

  it('draws by its selection, and counts only those that may be chosen', () => {
    const selection = { type: 'attribute', where: { region: 'eu' } } as const;
    const plan = wildPlan({ selection });
    const available = (count: number): RunInput => ({
      type: 'candidates',
      round: 1,
      waitedMs: 0,
      candidates: Array.from({ length: count }, (_, clientId) => ({
        clientId,
        attributes: { region: clientId % 2 === 0 ? 'eu' : 'us' },
      })),
    });
    const { state, commands } = drive(plan, [...toRound1, available(4), available(5)]);
    expect(commands.slice(2)).toMatchObject([[], [{ type: 'assign', cohort: [0, 2, 4] }]]);
    expect(state.phase).toBe('training');
  });

  it('waits for a pool to draw from, and for the candidates of power of choice', () => {
    const pool = drive(wildPlan({ poolSize: 5 }), toRound1).commands.at(-1);
    expect(pool).toMatchObject([{ type: 'select', goal: 3, wanted: 5 }]);
    const selection = { type: 'power-of-choice', candidateCount: 7 } as const;
    const plan = wildPlan({ selection });
    const ids = [0, 1, 2, 3, 4, 5, 6];
    const { commands } = drive(plan, [...toRound1, candidates(1, ids.slice(1)), candidates(1, ids)]);
    expect(commands.slice(1)).toMatchObject([
      [{ type: 'select', goal: 3, wanted: 7 }],
      [],
      [
        {
          type: 'assign',
          cohort: selectClients(
            selection,
            ids.map((clientId) => ({ clientId })),
            3,
            plan.seed,
            1,
          ),
        },
      ],
    ]);
  });

  it('tells how long the clients have', () => {
    const { commands } = drive(wildPlan({ deadlineMs: 9000 }), [...toRound1, candidates(1, [0, 1, 2])]);
    expect(commands.at(-1)).toMatchObject([{ type: 'assign', deadlineMs: 9000 }]);
  });
});

describe('a round that asks more clients than it is after', () => {
  const plan = wildPlan({ overSelection: 1.3, deadlineMs: 100 }, { minimumClients: 2 });
  const started = [...toRound1, candidates(1, [0, 1, 2, 3])];

  it('closes with its goal and dismisses the others, who have neither trained nor failed', () => {
    const { state, commands } = drive(plan, [...started, updated(1, 3), updated(1, 0), updated(1, 2)]);
    expect(commands[1]).toMatchObject([{ type: 'select', goal: 3, wanted: 4 }]);
    expect(commands.at(-1)).toEqual([
      { type: 'fold', clientId: 2, weight: 1 },
      { type: 'dismiss', round: 1, clientIds: [1] },
      { type: 'aggregate', round: 1 },
      { type: 'evaluate', round: 1 },
    ]);
    expect(state).toMatchObject({
      phase: 'evaluating',
      waiting: [],
      trained: [3, 0, 2],
      failed: [],
      surplus: [1],
    });
    expect(advance(plan, state, updated(1, 1)).commands).toEqual([{ type: 'discard', clientId: 1 }]);
    expect(advance(plan, state, failed(1, 1))).toEqual({ state, commands: [] });
    expect(advance(plan, state, deadline(1))).toEqual({ state, commands: [] });
  });

  it('bears as many failures as it has asked more', () => {
    const { state, commands } = drive(plan, [
      ...started,
      failed(1, 0),
      updated(1, 1),
      updated(1, 2),
      updated(1, 3),
    ]);
    expect(commands.at(-1)?.map(({ type }) => type)).toEqual(['fold', 'aggregate', 'evaluate']);
    expect(state).toMatchObject({ trained: [1, 2, 3], failed: [0], surplus: [] });
  });

  it('takes what it has at the deadline, if it is the minimum', () => {
    const { state, commands } = drive(plan, [...started, updated(1, 1), updated(1, 2), deadline(1)]);
    expect(commands.at(-1)?.map(({ type }) => type)).toEqual(['aggregate', 'evaluate']);
    expect(state).toMatchObject({ trained: [1, 2], failed: [0, 3], surplus: [] });
    const less = drive(plan, [...started, updated(1, 1), deadline(1)]);
    expect(less.commands.at(-1)?.[0]).toEqual({
      type: 'fail-round',
      round: 1,
      reason: '1 of 4 clients answered, at least 2 must',
    });
  });

  it('is after no more than it could ask', () => {
    const few = wildPlan({ overSelection: 1.3, selectionMs: 10 });
    const { state, commands } = drive(few, [...toRound1, candidates(1, [0, 1], 10), updated(1, 0)]);
    expect(commands.at(-1)).toEqual([{ type: 'fold', clientId: 0, weight: 1 }]);
    expect(advance(few, state, updated(1, 1)).commands.map(({ type }) => type)).toContain('aggregate');
  });

  it('also draws from a population that is known', () => {
    const known = { ...planOf(20, { cohort: { cohortSize: 10 } }), overSelection: 1.3 };
    const { state } = drive(known, toRound1);
    expect(state.cohort).toHaveLength(13);
    expect(state.goal).toBe(10);
    const everyone = { ...planOf(20), overSelection: 1.3 };
    expect(drive(everyone, toRound1).state).toMatchObject({ goal: 20, waiting: { length: 20 } });
  });
});
