/** Tests of what comes between rounds: a back-off after a failed one, a pause, a restart. */
import { describe, expect, it } from 'vitest';
import {
  candidates,
  drive,
  evaluated,
  failed,
  planOf,
  toRound1,
  updated,
  wildPlan,
} from '../../test/helpers/drive-round.js';
import { advance, restoredRun } from './round.js';
import type { RunInput, RunState } from './run-state.js';

const deadline = (round: number): RunInput => ({ type: 'deadline-passed', round });
const delayPassed = (round: number): RunInput => ({ type: 'delay-passed', round });
const pause: RunInput = { type: 'pause-requested' };
const resume: RunInput = { type: 'resume-requested' };
const select = (round: number) => ({ type: 'select', round, goal: 3, wanted: 3, minimum: 1 });

describe('a failed round', () => {
  const retry = { initialMs: 100, maxMs: 350, factor: 2 };
  const rules = [{ rounds: 9 }] as const;

  it('makes the next one wait, longer each time up to a limit, until one succeeds', () => {
    const plan = wildPlan({ retry }, {}, ...rules);
    const delays: number[] = [];
    let { state } = drive(plan, toRound1);
    for (const [round, succeeds] of [false, false, false, true, false].entries()) {
      const ids = [0, 1, 2];
      const answer = (id: number) => (succeeds ? updated(round + 1, id) : failed(round + 1, id));
      const played = drive(
        plan,
        [candidates(round + 1, ids), ...ids.map(answer), evaluated(round + 1)],
        state,
      );
      const [next] = played.commands.at(-1)!;
      delays.push(next?.type === 'delay' ? next.delayMs : 0);
      state =
        next?.type === 'delay' ? drive(plan, [delayPassed(round + 2)], played.state).state : played.state;
      expect(state).toMatchObject({ phase: 'selecting', round: round + 2 });
    }
    expect(delays).toEqual([100, 200, 350, 0, 100]);
  });

  it('waits for its own time only, and for nothing else', () => {
    const plan = wildPlan({ retry }, {}, ...rules);
    const { state, commands } = drive(plan, [
      ...toRound1,
      candidates(1, [0, 1, 2]),
      deadline(1),
      evaluated(1),
    ]);
    expect(commands.at(-1)).toEqual([{ type: 'delay', round: 2, delayMs: 100 }]);
    expect(state).toMatchObject({ phase: 'delayed', round: 2, cohort: [], failures: 1 });
    for (const stray of [delayPassed(1), candidates(2, [0, 1, 2]), deadline(2), evaluated(2), resume]) {
      expect(advance(plan, state, stray)).toEqual({ state, commands: [] });
    }
    expect(advance(plan, state, delayPassed(2)).commands).toEqual([select(2)]);
  });

  it('is tried again with a population that is known too', () => {
    const plan = { ...planOf(2), retry };
    const { commands } = drive(plan, [...toRound1, deadline(1), evaluated(1), delayPassed(2)]);
    expect(commands.slice(-2)).toMatchObject([[{ type: 'delay' }], [{ type: 'assign', round: 2 }]]);
  });

  it('ends the run where it was the last', () => {
    const plan = wildPlan({ retry }, {}, { rounds: 1 });
    const { commands } = drive(plan, [...toRound1, candidates(1, [0, 1, 2]), deadline(1), evaluated(1)]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'rounds' }]);
  });
});

describe('a pause', () => {
  const plan = wildPlan();
  const toTraining = [...toRound1, candidates(1, [0, 1, 2])];
  const allAnswer = [updated(1, 0), updated(1, 1), updated(1, 2)];

  it('lets the open round end and starts no other until it is over', () => {
    const { state, commands } = drive(plan, [...toTraining, pause, ...allAnswer, evaluated(1)]);
    expect(commands.at(-2)?.map(({ type }) => type)).toEqual(['fold', 'aggregate', 'evaluate']);
    expect(commands.at(-1)).toEqual([]);
    expect(state).toMatchObject({ phase: 'paused', round: 1 });
    for (const stray of [candidates(2, [0, 1, 2]), evaluated(1), deadline(1), pause]) {
      expect(advance(plan, state, stray)).toEqual({ state, commands: [] });
    }
    const resumed = advance(plan, state, resume);
    expect(resumed.commands).toEqual([select(2)]);
    expect(resumed.state).toMatchObject({ phase: 'selecting', round: 2, pausing: false });
  });

  it('begins at once while nobody is asked yet, and the same round comes after it', () => {
    const { state, commands } = drive(plan, [...toRound1, pause, candidates(1, [0, 1, 2])]);
    expect(commands.slice(2)).toEqual([[], []]);
    expect(state).toMatchObject({ phase: 'paused', round: 0 });
    expect(advance(plan, state, resume).commands).toEqual([select(1)]);
  });

  it('takes the place of a back-off', () => {
    const retrying = wildPlan({ retry: { initialMs: 50, maxMs: 50, factor: 1 } });
    const { state } = drive(retrying, [...toTraining, deadline(1), evaluated(1), pause]);
    expect(state).toMatchObject({ phase: 'paused', round: 1 });
    expect(advance(retrying, state, delayPassed(2))).toEqual({ state, commands: [] });
    expect(advance(retrying, state, resume).commands).toEqual([select(2)]);
  });

  it.each<[string, readonly RunInput[]]>([
    ['before the run starts', [pause, ...toRound1]],
    ['while the initial model is evaluated', [{ type: 'started' }, pause, evaluated(0)]],
  ])('may be asked for %s', (_, events) => {
    expect(drive(plan, events).state).toMatchObject({ phase: 'paused', round: 0 });
  });

  it('is taken back before it begins', () => {
    const { state } = drive(plan, [...toTraining, pause, resume, ...allAnswer, evaluated(1)]);
    expect(state).toMatchObject({ phase: 'selecting', round: 2 });
  });

  it('does not keep a run from its end', () => {
    const last = wildPlan({}, {}, { rounds: 1 });
    const { commands } = drive(last, [...toTraining, pause, ...allAnswer, evaluated(1)]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'rounds' }]);
    const { state } = drive(plan, [...toRound1, pause]);
    expect(advance(plan, state, { type: 'stop-requested' }).commands).toEqual([
      { type: 'finish', reason: 'interrupted' },
    ]);
  });
});

describe('a run that nobody evaluates', () => {
  it('goes through its rounds to its end', () => {
    const plan = wildPlan({}, {}, { rounds: 1, target: { metric: 'accuracy', value: 0 } });
    const unknown = (round: number): RunInput => ({
      type: 'evaluated',
      round,
      metrics: null,
      elapsedMs: round,
    });
    const { state, commands } = drive(plan, [
      { type: 'started' },
      unknown(0),
      candidates(1, [0, 1, 2]),
      ...[0, 1, 2].map((id) => updated(1, id)),
      unknown(1),
    ]);
    expect(commands.at(-1)).toEqual([{ type: 'finish', reason: 'rounds' }]);
    expect(state.progress).toEqual({ round: 1, bestRound: 1, elapsedMs: 1 });
  });
});

describe('a restored run', () => {
  const plan = wildPlan({ deadlineMs: 70, overSelection: 2 });
  const open = { round: 3, cohort: [2, 5, 7, 8], goal: 3 };
  const progress = drive(plan, toRound1).state.progress!;
  const after2 = { ...progress, round: 2 };

  it('goes on with the round that was open, everybody awaited again', () => {
    const { state, commands } = restoredRun(plan, after2, { open });
    expect(commands).toEqual([
      { type: 'assign', round: 3, cohort: open.cohort, work: plan.strategy.work(3), deadlineMs: 70 },
    ]);
    expect(state).toMatchObject({
      phase: 'training',
      ...open,
      waiting: open.cohort,
      trained: [],
      failed: [],
    });
    const closed = drive(plan, [updated(3, 8), updated(3, 2), updated(3, 5)], state);
    expect(closed.state).toMatchObject({ phase: 'evaluating', trained: [8, 2, 5], surplus: [7] });
  });

  it('begins the next round where the one that was open is another, and ends where it had ended', () => {
    expect(restoredRun(plan, after2, { open: { ...open, round: 2 } }).commands).toMatchObject([
      { type: 'select', round: 3 },
    ]);
    const ended = wildPlan({}, {}, { rounds: 2 });
    expect(restoredRun(ended, after2, { open }).commands).toEqual([{ type: 'finish', reason: 'rounds' }]);
  });

  it('goes on with its back-off and its pause', () => {
    const retrying = { ...plan, retry: { initialMs: 10, maxMs: 100, factor: 3 } };
    expect(restoredRun(retrying, after2, { failures: 2 })).toMatchObject({
      state: { phase: 'delayed', round: 3, failures: 2 },
      commands: [{ type: 'delay', round: 3, delayMs: 30 }],
    });
    const paused = restoredRun(retrying, after2, { failures: 2, paused: true });
    expect(paused).toMatchObject({ state: { phase: 'paused', round: 2 }, commands: [] });
    const ending = restoredRun(plan, after2, { open, paused: true });
    const [one, two, three] = [2, 5, 7].map((id) => updated(3, id));
    const after3 = drive(plan, [one!, two!, three!, evaluated(3)], ending.state);
    expect((after3.state satisfies RunState).phase).toBe('finished');
    const longer = wildPlan({}, {}, { rounds: 9 });
    expect(drive(longer, [one!, two!, three!, evaluated(3)], ending.state).state.phase).toBe('paused');
  });
});
