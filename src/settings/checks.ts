/** Checks that settings are made of; each refuses with one sentence that names the setting. */
import * as v from 'valibot';

/** An error sentence in the house's form for whatever valibot finds wrong; `of`, here and below, names the setting. */
export const must = (of: string, expected: string) => (issue: { input: unknown }) =>
  `${of} must be ${expected}, got ${show(issue.input)}`;

function show(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (typeof input === 'number' || typeof input === 'function') return String(input);
  return JSON.stringify(input) ?? String(input);
}

/** An integer from `low` to `high`, which is left out of the sentence where there is none. */
export function integer(of: string, low: number, high = Number.MAX_SAFE_INTEGER) {
  const expected =
    high === Number.MAX_SAFE_INTEGER ? `an integer of at least ${low}` : `an integer from ${low} to ${high}`;
  const message = must(of, expected);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isSafeInteger(value) && value >= low && value <= high, message),
  );
}

/** A finite number that `fits`, in words `expected`. */
export function number(of: string, expected: string, fits: (value: number) => boolean) {
  const message = must(of, expected);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isFinite(value) && fits(value), message),
  );
}

/** Text of at least one character. */
export const text = (of: string) => v.pipe(v.string(must(of, 'text')), v.nonEmpty(must(of, 'text')));

/** Text that may be part of a path or an address. */
export const name = (of: string) =>
  v.pipe(text(of), v.regex(/^[\w.-]+$/, must(of, 'of letters, digits, ".", "_" and "-"')));

/** A finite number above 0. */
export const positive = (of: string) => number(of, 'a positive finite number', (value) => value > 0);

/** A share of something that is never all of it. */
export const share = (of: string) => number(of, 'from 0 to below 1', (value) => value >= 0 && value < 1);

/** A number for all rounds, or one that changes with them: a `Schedule` of values, in words `expected`. */
export function schedule(of: string, value: typeof positive = positive, expected = 'a positive number') {
  const message = must(of, `${expected}, a schedule or a function of the round`);
  return v.union(
    [
      value(of),
      v.strictObject({
        type: v.literal('decay'),
        initial: value(of),
        factor: positive(of),
        every: v.exactOptional(integer(`${of}.every`, 1)),
      }),
      v.strictObject({
        type: v.literal('steps'),
        values: v.pipe(
          v.array(v.pipe(v.tuple([integer(of, 1), value(of)]), v.readonly())),
          v.minLength(1, message),
          v.readonly(),
        ),
      }),
      v.custom<(round: number) => number>((value) => typeof value === 'function'),
    ],
    message,
  );
}
