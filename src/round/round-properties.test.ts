/** Properties of the round under any events at all: what is never counted twice, and that there is always a way on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidates, evaluated, failed, planOf, updated, wildPlan } from '../../test/helpers/drive-round.js';
import { advance, restoredRun } from './round.js';
import type { RunPlan } from './run-plan.js';
import { type Command, createdRun, type RunInput, type RunState } from './run-state.js';
import type { StopRules } from './stopping.js';

const CLIENTS = 7;
const ROUNDS = 5;
const everyone = Array.from({ length: CLIENTS }, (_, clientId) => clientId);

const stop: StopRules = { rounds: ROUNDS, metric: 'accuracy' };
const retry = { initialMs: 10, maxMs: 40, factor: 2 };
const plan: fc.Arbitrary<RunPlan> = fc.oneof(
  fc
    .record({
      cohortSize: fc.integer({ min: 1, max: 5 }),
      minimumClients: fc.integer({ min: 1, max: 5 }),
      overSelection: fc.constantFrom(1, 1.3, 2),
      retries: fc.boolean(),
      selectionMs: fc.constantFrom(0, 50),
    })
    .map(({ cohortSize, minimumClients, overSelection, retries, selectionMs }) =>
      wildPlan(
        { overSelection, selectionMs, deadlineMs: 100, ...(retries ? { retry } : {}) },
        { cohort: { cohortSize }, minimumClients: Math.min(minimumClients, cohortSize) },
        stop,
      ),
    ),
  fc.constantFrom(1, 1.5).map((overSelection) => ({
    ...planOf(CLIENTS, { cohort: { cohortSize: 3 }, minimumClients: 2 }, stop),
    overSelection,
    retry,
  })),
);

const round = fc.integer({ min: 0, max: ROUNDS + 1 });
const clientId = fc.integer({ min: -1, max: CLIENTS });
const anyEvent: fc.Arbitrary<RunInput> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<RunInput>({ type: 'started' }) },
  { weight: 8, arbitrary: fc.tuple(round, clientId).map(([at, id]) => updated(at, id)) },
  { weight: 3, arbitrary: fc.tuple(round, clientId).map(([at, id]) => failed(at, id)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(round, fc.subarray(everyone), fc.nat(100))
      .map(([at, ids, waitedMs]) => candidates(at, ids, waitedMs)),
  },
  { weight: 1, arbitrary: round.map((at): RunInput => ({ type: 'deadline-passed', round: at })) },
  { weight: 1, arbitrary: round.map((at): RunInput => ({ type: 'delay-passed', round: at })) },
  { weight: 2, arbitrary: round.map((at) => evaluated(at)) },
  {
    weight: 1,
    arbitrary: round.map((at): RunInput => ({ type: 'evaluated', round: at, metrics: null, elapsedMs: at })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RunInput>({ type: 'pause-requested' }, { type: 'resume-requested' }),
  },
);

/** An event that the state waits for; `choice` is which of several, `trains` what a client answers. */
function awaited(state: RunState, choice: number, trains: boolean): RunInput | undefined {
  const { phase, round: at, waiting } = state;
  switch (phase) {
    case 'created':
      return { type: 'started' };
    case 'delayed':
      return { type: 'delay-passed', round: at };
    case 'selecting':
      return candidates(at, everyone, 50);
    case 'training': {
      const id = waiting[choice % waiting.length]!;
      return trains ? updated(at, id) : failed(at, id);
    }
    case 'evaluating':
      return evaluated(at);
    case 'paused':
      return { type: 'resume-requested' };
    case 'finished':
      return undefined;
    default:
      return phase satisfies never;
  }
}

/** What happens to a run: anything, or what it waits for. */
const step = fc.oneof(
  anyEvent.map((event) => () => event),
  fc.tuple(fc.nat(CLIENTS), fc.boolean()).map(
    ([choice, trains]) =>
      (state: RunState): RunInput =>
        awaited(state, choice, trains) ?? { type: 'started' },
  ),
);
const steps = fc.array(step, { maxLength: 80 });

/** Drives a run by steps; calls `see` with what each brought. */
function play(
  rules: RunPlan,
  all: readonly ((state: RunState) => RunInput)[],
  see: (before: RunState, event: RunInput, after: RunState, commands: readonly Command[]) => void = () => {},
): RunState {
  let state = createdRun;
  for (const next of all) {
    const event = next(state);
    const { state: after, commands } = advance(rules, state, event);
    see(state, event, after, commands);
    state = after;
  }
  return state;
}

describe('a run under any events', () => {
  it('folds at most its goal of updates a round, each of a client that was asked, and none twice', () => {
    fc.assert(
      fc.property(plan, steps, (rules, all) => {
        const folded = new Map<number, number[]>();
        play(rules, all, (before, event, after, commands) => {
          for (const command of commands) {
            if (command.type !== 'fold') continue;
            expect(event).toMatchObject({
              type: 'update-arrived',
              round: before.round,
              clientId: command.clientId,
            });
            expect(before.waiting).toContain(command.clientId);
            const ids = [...(folded.get(before.round) ?? []), command.clientId];
            folded.set(before.round, ids);
            expect(ids).toEqual([...new Set(ids)]);
            expect(ids.length).toBeLessThanOrEqual(before.goal);
            expect(after.trained).toEqual(ids);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('has every client of a cohort in one place, and closes a round by its goal, or when all have answered', () => {
    fc.assert(
      fc.property(plan, steps, (rules, all) => {
        play(
          rules,
          all,
          (_, __, { phase, cohort, goal, waiting, trained, failed: lost, surplus }, commands) => {
            if (phase === 'training' || phase === 'evaluating') {
              const places = [...waiting, ...trained, ...lost, ...surplus];
              expect(places.toSorted()).toEqual(cohort.toSorted());
              expect(goal).toBeLessThanOrEqual(cohort.length);
            }
            if (phase === 'training') {
              expect(waiting.length).toBeGreaterThan(0);
              expect(trained.length).toBeLessThan(goal);
              expect(surplus).toEqual([]);
            }
            const closed = commands.find(({ type }) => type === 'aggregate' || type === 'fail-round');
            if (!closed) return;
            const { minimumClients } = rules.strategy;
            expect(closed.type === 'aggregate').toBe(trained.length >= minimumClients);
            const dismissed = commands.flatMap((command) =>
              command.type === 'dismiss' ? command.clientIds : [],
            );
            expect(dismissed).toEqual(surplus);
            if (surplus.length > 0) expect(trained).toHaveLength(goal);
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing but by an event that belongs to the state, and answers no stray update but with discard', () => {
    fc.assert(
      fc.property(plan, steps, anyEvent, (rules, all, stray) => {
        const state = play(rules, all);
        const { state: after, commands } = advance(rules, state, stray);
        if (!('round' in stray) || stray.round === state.round) return;
        expect(after).toEqual(state);
        const discards = stray.type === 'update-arrived' && state.phase !== 'finished';
        expect(commands).toEqual(discards ? [{ type: 'discard', clientId: stray.clientId }] : []);
      }),
    );
  });

  it('always waits for something, and comes to its end where that is delivered', () => {
    fc.assert(
      fc.property(plan, steps, fc.infiniteStream(fc.boolean()), (rules, all, answers) => {
        let state = play(rules, all);
        // At most four events and an answer of each client a round, and the start.
        for (let left = (ROUNDS + 1) * (CLIENTS + 4) + 1; state.phase !== 'finished'; left--) {
          expect(left).toBeGreaterThan(0);
          const event = awaited(state, 0, answers.next().value)!;
          const { state: after } = advance(rules, state, event);
          expect(after).not.toEqual(state);
          state = after;
        }
        expect(state.progress?.round).toBe(ROUNDS);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a state that JSON holds, from which it goes on the same', () => {
    fc.assert(
      fc.property(plan, steps, steps, (rules, first, rest) => {
        const state = play(rules, first);
        const revived = JSON.parse(JSON.stringify(state)) as RunState;
        expect(revived).toEqual(state);
        let [one, other] = [state, revived];
        for (const next of rest) {
          const event = next(one);
          const [a, b] = [advance(rules, one, event), advance(rules, other, event)];
          expect(b).toEqual(a);
          [one, other] = [a.state, b.state];
        }
      }),
    );
  });

  it('goes on with an open round after a restart as if all its clients had just been asked', () => {
    fc.assert(
      fc.property(plan, steps, (rules, all) => {
        const state = play(rules, all);
        if (state.phase !== 'training' || !state.progress) return;
        const { cohort, goal, failures, pausing } = state;
        const open = { round: state.round, cohort, goal };
        const restored = restoredRun(rules, state.progress, { open, failures, paused: pausing });
        expect(restored.state).toEqual({ ...state, waiting: cohort, trained: [], failed: [] });
        expect(restored.commands).toMatchObject([{ type: 'assign', round: state.round, cohort }]);
      }),
    );
  });
});

describe('a host that only carries out commands', () => {
  it('comes to the end of the run, whatever strays in between', () => {
    const strays = fc.array(anyEvent, { maxLength: 30 });
    fc.assert(
      fc.property(plan, strays, fc.infiniteStream(fc.nat(99)), (rules, events, chance) => {
        let state: RunState = createdRun;
        const queue: Command[] = [];
        const deliver = (event: RunInput) => {
          const next = advance(rules, state, event);
          state = next.state;
          queue.push(...next.commands);
        };
        const stray = [...events];
        const later: RunInput[] = [{ type: 'started' }];
        for (let left = 2000; state.phase !== 'finished'; left--) {
          expect(left).toBeGreaterThan(0);
          const pick = chance.next().value;
          if (pick < 30 && stray.length > 0) deliver(stray.pop()!);
          else if (later.length > 0) deliver(later.splice(pick % later.length, 1)[0]!);
          else deliver({ type: 'resume-requested' });
          for (let command = queue.shift(); command; command = queue.shift()) {
            const { type } = command;
            if (type === 'delay') later.push({ type: 'delay-passed', round: command.round });
            if (type === 'select') later.push(candidates(command.round, everyone, 50));
            if (type === 'evaluate') later.push(evaluated(command.round));
            if (type !== 'assign') continue;
            const { round: at, cohort } = command;
            later.push(...cohort.map((id) => (pick % 3 === 0 ? failed(at, id) : updated(at, id))));
            later.push({ type: 'deadline-passed', round: at });
          }
        }
        expect(state.progress?.round).toBe(ROUNDS);
      }),
      { numRuns: 300 },
    );
  });
});
