/** Tests of who could take part now. */
import { describe, expect, it } from 'vitest';
import { createAvailability } from './availability.js';

function register(present: readonly number[] = []) {
  const clock = { now: 0 };
  const channels = new Set(present);
  const availability = createAvailability(
    (client) => channels.has(client),
    () => clock.now,
  );
  const note = (client: number, told: object = {}, population = 'default') =>
    availability.note(client, population, { attributes: {}, ...told }, 1000);
  const ids = (runId = 'a', population = 'default') =>
    availability.candidates(runId, population).map(({ clientIndex }) => clientIndex);
  return { availability, clock, channels, note, ids };
}

describe('candidates', () => {
  it('are those who checked in lately, or wait on a channel', () => {
    const { clock, note, ids } = register([2]);
    note(1);
    note(2);
    expect(ids()).toEqual([1, 2]);
    clock.now = 60_000;
    expect(ids()).toEqual([2]);
  });

  it('may be a little late', () => {
    const { clock, note, ids } = register();
    note(1);
    clock.now = 6_400;
    expect(ids()).toEqual([1]);
    clock.now = 6_600;
    expect(ids()).toEqual([]);
  });

  it('are of the population, and willing', () => {
    const { note, ids } = register();
    note(1, {}, 'hospitals');
    note(2, { runIds: ['b'] });
    note(3);
    expect(ids('a')).toEqual([3]);
    expect(ids('b')).toEqual([2, 3]);
    expect(ids('a', 'hospitals')).toEqual([1]);
  });

  it('are there for the grace period only once their channel has broken', () => {
    const { availability, clock, note, ids } = register();
    availability.note(1, 'default', { attributes: {} }, 120_000);
    note(2);
    availability.lost(1, 300);
    expect(ids()).toEqual([1, 2]);
    clock.now = 301;
    expect(ids()).toEqual([2]);
  });

  it('do not include those who work for another run, also where they were not heard of before', () => {
    const { availability, note, ids } = register();
    availability.engage(1, 'a');
    note(1);
    expect(availability.busyWith(1)).toBe('a');
    expect([ids('a'), ids('b')]).toEqual([[1], []]);
    availability.release(1, 'b');
    expect(ids('b')).toEqual([]);
    availability.release(1, 'a');
    expect(ids('b')).toEqual([1]);
  });

  it('do not include those who left', () => {
    const { availability, note, ids } = register([1]);
    note(1);
    availability.forget(1);
    expect(ids()).toEqual([]);
  });
});
