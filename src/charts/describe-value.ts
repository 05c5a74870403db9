/** Values of a configuration, for people. */

/** A configuration value in words: text as it is, an object's fields in a row. */
export function describeValue(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(describeValue).join(', ');
  const { name, kind, type, ...rest } = value as Record<string, unknown>;
  const title = [name, kind, type].filter((part) => part !== undefined).map(describeValue);
  const fields = Object.entries(rest).map(([key, field]) => `${key} ${describeValue(field)}`);
  return [...title, ...fields].join(', ');
}
