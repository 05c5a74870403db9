/** The wire format, byte by byte and there and back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesAt, floatsAt, integersAt, textsAt } from '../../test/helpers/wire-reader.js';
import { createWireWriter } from './wire.js';

describe('createWireWriter', () => {
  it('writes the bytes of the format description: field 1, integer 150', () => {
    const writer = createWireWriter();
    writer.integer(1, 150);
    expect([...writer.finish()]).toEqual([0x08, 0x96, 0x01]);
  });

  it('writes a negative integer as ten bytes of two’s complement', () => {
    const writer = createWireWriter();
    writer.integer(1, -2);
    expect([...writer.finish()]).toEqual([8, 0xfe, ...new Array(8).fill(0xff), 1]);
  });

  it('keeps every safe integer under every field number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 28 - 1 }), (value, field) => {
        const writer = createWireWriter();
        writer.integer(field, value);
        expect(integersAt(writer.finish(), field)).toEqual([value]);
      }),
      { seed: 1 },
    );
  });

  it('keeps floats and texts', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true }),
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        (number, text) => {
          const writer = createWireWriter();
          writer.float(3, number);
          writer.text(4, text);
          expect(floatsAt(writer.finish(), 3)).toEqual([number]);
          expect(textsAt(writer.finish(), 4)).toEqual([text]);
        },
      ),
      { seed: 2 },
    );
  });

  it('nests messages, also empty ones', () => {
    const writer = createWireWriter();
    writer.message(1, (body) => body.message(2, (inner) => inner.integer(3, 7)));
    writer.message(1, () => {});
    const [first, second] = bytesAt(writer.finish(), 1);
    const [inner] = bytesAt(first!, 2);
    expect(integersAt(inner!, 3)).toEqual([7]);
    expect(second).toEqual(new Uint8Array(0));
  });
});
