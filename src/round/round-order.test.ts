/** Properties of the round: the order of answers, and what strays in between, change nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drive, evaluated, failed, planOf, toRound1, updated } from '../../test/helpers/drive-round.js';
import type { Command, RunInput, RunState } from './run-state.js';

describe('answers in any order', () => {
  const clients = 8;
  const plan = planOf(clients, { minimumClients: 3 });
  const stray: fc.Arbitrary<RunInput> = fc.oneof(
    fc
      .record({ round: fc.integer({ min: 0, max: 3 }), clientId: fc.integer({ min: -1, max: clients }) })
      .map(({ round, clientId }) => (round === 1 ? updated(0, clientId) : updated(round, clientId))),
    fc.constant<RunInput>({ type: 'started' }),
    fc.constant<RunInput>({ type: 'deadline-passed', round: 0 }),
    fc.constant<RunInput>({ type: 'deadline-passed', round: 2 }),
    fc.constant(evaluated(0)),
  );
  const answers = fc
    .array(fc.boolean(), { minLength: clients, maxLength: clients })
    .map((trains) => trains.map((trained, id) => (trained ? updated(1, id, id + 1) : failed(1, id))));

  const foldsOf = (commands: readonly (readonly Command[])[]) =>
    commands
      .flat()
      .filter((command) => command.type === 'fold')
      .toSorted((a, b) => a.clientId - b.clientId);

  it('give the same folds and the same outcome, whatever strays in between', () => {
    const shuffled = answers.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(events, { minLength: clients }),
        fc.array(fc.tuple(fc.nat(clients), stray), { maxLength: 10 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, events, strays]) => {
        const mixed = events.flatMap((event, place) => [
          ...strays.filter(([at]) => at === place).map(([, input]) => input),
          event,
          event,
        ]);
        const expected = drive(plan, [...toRound1, ...inOrder]);
        const got = drive(plan, [...toRound1, ...mixed]);
        expect(foldsOf(got.commands)).toEqual(foldsOf(expected.commands));
        const outcome = (all: readonly (readonly Command[])[]) =>
          all
            .flat()
            .filter(({ type }) => type === 'aggregate' || type === 'fail-round' || type === 'evaluate');
        expect(outcome(got.commands)).toEqual(outcome(expected.commands));
        expect(got.state.trained.toSorted()).toEqual(expected.state.trained.toSorted());
      }),
    );
  });

  it('leave a state that JSON holds, from which the run goes on the same', () => {
    fc.assert(
      fc.property(answers, fc.nat(clients - 1), (events, cut) => {
        const before = drive(plan, [...toRound1, ...events.slice(0, cut)]).state;
        const revived = JSON.parse(JSON.stringify(before)) as RunState;
        expect(revived).toEqual(before);
        const rest = [...events.slice(cut), evaluated(1)];
        expect(drive(plan, rest, revived)).toEqual(drive(plan, rest, before));
      }),
    );
  });
});
