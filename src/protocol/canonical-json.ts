/** JSON in one form only (RFC 8785), so that equal values have equal bytes and hashes. */
import { ProtocolError } from '../errors.js';

/** Deeper values are none of ours; the bound keeps a hostile one from using up the stack. */
const MAX_DEPTH = 64;

/**
 * The canonical text of a value of JSON: no spaces, names in the order of their UTF-16 code units, numbers and strings
 * as ECMAScript writes them (RFC 8785, section 3.2). Members that are undefined are left out, as in JSON.stringify.
 *
 * @throws {ProtocolError} for what JSON does not have (NaN, infinities, functions, half surrogate pairs), and for
 *   values nested more than 64 deep.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new ProtocolError(`JSON must be nested at most ${MAX_DEPTH} deep, got more`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return writeText(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${writeText(name)}:${write(member, depth + 1)}`);
    return `{${members.join(',')}}`;
  }
  throw new ProtocolError(
    `JSON must hold texts, finite numbers, booleans, null, lists and objects, got ${String(value)}`,
  );
}

function writeText(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new ProtocolError('a text in JSON must be valid Unicode, got half a pair');
  return JSON.stringify(text);
}
