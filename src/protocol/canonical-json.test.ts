/** Canonical JSON: the examples of RFC 8785, and what it refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.js';
import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('writes the sample of RFC 8785, section 3.2.2', () => {
    const sample = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(sample)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts names as section 3.2.3 does, by UTF-16 code units', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const object = Object.fromEntries(names.map((name) => [name, 0]));
    expect(canonicalJson(object)).toBe(
      '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\u{1f600}":0,"\ufb33":0}',
    );
  });

  it('says the same of equal values in any order, and loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.stringify(sorted(JSON.parse(text)))).toBe(JSON.stringify(sorted(plainZero(value))));
      }),
    );
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });

  it.each([
    [Number.NaN, 'JSON must hold texts, finite numbers, booleans, null, lists and objects, got NaN'],
    [[() => 1], 'JSON must hold texts, finite numbers, booleans, null, lists and objects, got () => 1'],
    [{ '\ud800': 1 }, 'a text in JSON must be valid Unicode, got half a pair'],
  ])('refuses %o', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new ProtocolError(message));
  });

  it('refuses what is nested to use up the stack', () => {
    const deep = JSON.parse('['.repeat(2000) + ']'.repeat(2000));
    expect(() => canonicalJson(deep)).toThrow(
      new ProtocolError('JSON must be nested at most 64 deep, got more'),
    );
    expect(canonicalJson(JSON.parse('['.repeat(64) + ']'.repeat(64)))).toHaveLength(128);
  });
});

function mapObjects(value: unknown, change: (entries: [string, unknown][]) => [string, unknown][]): unknown {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, change));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => [
    name,
    mapObjects(item, change),
  ]);
  return Object.fromEntries(change(entries));
}

const reversed = (value: unknown) => mapObjects(value, (entries) => entries.toReversed());
const sorted = (value: unknown) =>
  mapObjects(value, (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
/** JSON has one zero. */
const plainZero = (value: unknown) => JSON.parse(JSON.stringify(value));
