import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.js';
import { parseIdx } from './idx.js';

const small = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);

describe('parseIdx', () => {
  it('reads a big-endian header and the bytes after it', () => {
    const { shape, values } = parseIdx(small, 'x');
    expect(shape).toEqual([2, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 255]);
  });

  it('reads a view that starts inside its buffer', () => {
    const buffer = new Uint8Array(100);
    buffer.set(small, 17);
    expect(parseIdx(buffer.subarray(17, 17 + small.length), 'x').shape).toEqual([2, 3]);
  });

  it('refuses other element types by name', () => {
    const floats = small.slice();
    floats[2] = 0x0d;
    expect(() => parseIdx(floats, 'floats.idx')).toThrow(
      new ProtocolError('floats.idx must hold unsigned bytes, got floats'),
    );
  });

  it('refuses bytes that are not IDX, naming the file', () => {
    expect(() => parseIdx(Uint8Array.of(0x1f, 0x8b, 8, 0), 'a.gz')).toThrow(
      'a.gz must be an IDX file that starts with two zero bytes, got 1f 8b 08 00',
    );
  });

  it('refuses a header without dimensions', () => {
    expect(() => parseIdx(Uint8Array.of(0, 0, 8, 0, 1), 'x')).toThrow('at least one dimension');
  });

  it('refuses bytes after the last element', () => {
    expect(() => parseIdx(Uint8Array.of(...small, 0), 'x')).toThrow(
      'x must have 18 bytes for shape [2, 3], got 19',
    );
  });

  it('refuses a shape whose size is beyond all memory', () => {
    const huge = Uint8Array.of(0, 0, 8, 3, ...new Array(12).fill(255), 1);
    expect(() => parseIdx(huge, 'x')).toThrow(ProtocolError);
  });

  it('refuses every truncation with a sentence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: small.length - 1 }), (length) => {
        expect(() => parseIdx(small.slice(0, length), 'cut')).toThrow(/^cut must .*, got /);
      }),
    );
  });

  it('refuses or reads any bytes, never fails otherwise', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((tail) => Uint8Array.of(0, 0, 8, ...tail));
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          const { shape, values } = parseIdx(input, 'x');
          expect(shape.reduce((a, b) => a * b, 1)).toBe(values.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
