/** From settings as they come from outside to checked ones. */
import * as v from 'valibot';
import { ConfigError } from '../errors.js';

/** What can be set, by name, each with its check. */
export type Entries = Readonly<Record<string, v.GenericSchema>>;

/** The checked values of entries. */
export type ValuesOf<E extends Entries> = { readonly [Key in keyof E]: v.InferOutput<E[Key]> };

/** Makes a check of settings; each may be left out, and `undefined` says that it is. */
export function settingsParser<E extends Entries>(entries: E): (settings: unknown) => Partial<ValuesOf<E>> {
  const names = Object.keys(entries).join(', ');
  const optional = Object.entries(entries).map(([key, entry]) => [key, v.optional(entry)] as const);
  const schema = v.strictObject(
    Object.fromEntries(optional),
    (issue) => `settings must be among ${names}, got "${issue.path?.at(-1)?.key ?? issue.received}"`,
  );
  return (settings) => {
    const parsed = v.safeParse(schema, settings, { abortEarly: true });
    if (!parsed.success) throw new ConfigError(parsed.issues[0].message);
    const given = Object.entries(parsed.output).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as Partial<ValuesOf<E>>;
  };
}

/**
 * Refuses two settings that say the same thing in two ways.
 *
 * @throws {ConfigError} when both are given.
 */
export function refuseBoth<Settings extends object>(
  given: Settings,
  one: keyof Settings & string,
  other: keyof Settings & string,
): void {
  if (given[one] === undefined || given[other] === undefined) return;
  throw new ConfigError(`${other} must be left out where ${one} is given, got both`);
}
