/** Values that change from round to round: learning rates, numbers of local epochs. */
import { ConfigError } from '../errors.js';

/** Multiplies `initial` by `factor` once every `every` rounds (default 1), from round 1 on. */
export interface DecaySchedule {
  readonly type: 'decay';
  readonly initial: number;
  readonly factor: number;
  readonly every?: number;
}

/** `values` holds [round, value] pairs in order of their rounds; a value holds from its round on. */
export interface StepSchedule {
  readonly type: 'steps';
  readonly values: readonly (readonly [round: number, value: number])[];
}

/** A constant, a schedule as plain data, or a function of the round (1 is the first that trains). */
export type Schedule = number | DecaySchedule | StepSchedule | ((round: number) => number);

/** The value of a schedule in `round`, from 1. */
export function valueAt(schedule: Schedule, round: number): number {
  if (typeof schedule === 'number') return schedule;
  if (typeof schedule === 'function') return schedule(round);
  if (schedule.type === 'decay') {
    return schedule.initial * schedule.factor ** Math.floor((round - 1) / (schedule.every ?? 1));
  }
  const reached = schedule.values.filter(([from]) => from <= round).at(-1);
  return (reached ?? schedule.values[0])?.[1] ?? Number.NaN;
}

/**
 * The value in `round`, checked.
 *
 * @throws {ConfigError} when it is not positive and finite, or not whole where it counts something.
 */
export function positiveValueAt(argument: string, schedule: Schedule, round: number, whole: boolean): number {
  const value = valueAt(schedule, round);
  const fits = value > 0 && value < Number.POSITIVE_INFINITY && (!whole || Number.isSafeInteger(value));
  if (fits) return value;
  const expected = whole ? 'a positive integer' : 'a positive finite number';
  throw new ConfigError(`${argument} must be ${expected} in round ${round}, got ${value}`);
}
