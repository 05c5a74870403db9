/** The wire format, read: what the writer wrote, and bytes that are no message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { createWireWriter } from './wire.js';
import { bytesOf, integerOf, pushFloats, pushIntegers, textOf, wireFields } from './wire-reader.js';

const fieldsOf = (...bytes: number[]) => [...wireFields(Uint8Array.from(bytes), 'the test')];
const [first] = [(...bytes: number[]) => fieldsOf(...bytes)[0]!];

describe('wireFields', () => {
  it('gives back what the writer wrote', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 28 }),
        fc.maxSafeInteger(),
        fc.string({ unit: 'grapheme' }),
        fc.float({ noNaN: true }),
        (number, integer, text, float) => {
          const writer = createWireWriter();
          writer.integer(1, integer);
          writer.text(2, text);
          writer.float(3, float);
          writer.message(4, (body) => body.integer(5, number));
          const [a, b, c, d] = [...wireFields(writer.finish(), 'the test')];
          const floats: number[] = [];
          pushFloats(c!, 4, floats);
          expect([a, b, c, d].map((field) => field?.number)).toEqual([1, 2, 3, 4]);
          expect(integerOf(a!)).toBe(integer);
          expect(textOf(b!)).toBe(text);
          expect(floats).toEqual([float]);
          expect([...wireFields(bytesOf(d!), 'inside')].map(integerOf)).toEqual([number]);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it('takes repeated numbers packed and one by one', () => {
    const integers: number[] = [];
    for (const field of fieldsOf(0x0a, 3, 1, 0xac, 2, 0x08, 7)) pushIntegers(field, integers);
    expect(integers).toEqual([1, 300, 7]);
    const floats: number[] = [];
    for (const field of fieldsOf(0x0a, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40)) pushFloats(field, 4, floats);
    expect(floats).toEqual([1, 2]);
  });

  it('takes the largest 64-bit integer, which means "to the end", as the largest safe one', () => {
    const largest = [...Array<number>(8).fill(255), 127];
    expect(integerOf(first(8, ...largest))).toBe(Number.MAX_SAFE_INTEGER);
    const smallest = [...Array<number>(9).fill(128), 1];
    expect(integerOf(first(8, ...smallest))).toBe(Number.MIN_SAFE_INTEGER);
  });

  it.each([
    ['a field that runs past the end', () => fieldsOf(0x0a, 5, 1), 'a field of 5 bytes where 1 are left'],
    ['a number that runs past the end', () => fieldsOf(0x08, 0x80), 'an integer that runs past the end'],
    [
      'a number without an end',
      () => fieldsOf(0x08, ...Array<number>(11).fill(128)),
      'an integer of more than 10 bytes',
    ],
    [
      'a length beyond all files',
      () => fieldsOf(0x0a, ...Array<number>(8).fill(255), 127),
      'a field of 9007199254740991 bytes where 0 are left',
    ],
    [
      'a negative length',
      () => fieldsOf(0x0a, ...Array<number>(9).fill(255), 1, 0),
      'a field of -1 bytes where 1 are left',
    ],
    ['a group', () => fieldsOf(0x0b), 'a field of wire type 3'],
    ['field 0', () => fieldsOf(0x00, 1), 'a field of number 0'],
    ['text for an integer', () => integerOf(first(0x0a, 0)), 'another type where an integer belongs'],
    ['an integer for text', () => textOf(first(0x08, 0)), 'another type where text or a message belongs'],
    [
      'an integer beyond the safe ones',
      () => integerOf(first(8, ...Array<number>(7).fill(255), 127)),
      'the integer 72057594037927935, which is too large',
    ],
    [
      'bytes that are no floats',
      () => pushFloats(first(0x0a, 1, 1), 4, []),
      'another type where 32-bit floats belong',
    ],
    [
      'a float for integers',
      () => pushIntegers(first(0x0d, 0, 0, 0, 0), []),
      'another type where integers belong',
    ],
  ])('refuses %s', (_, read, got) => {
    expect(read).toThrow(new ConfigError(`bytes must be an ONNX model, got ${got} in the test`));
  });

  it('refuses text that is not UTF-8', () => {
    expect(() => textOf(first(0x0a, 1, 0xff))).toThrow(/text that is not UTF-8 in the test$/);
  });
});
