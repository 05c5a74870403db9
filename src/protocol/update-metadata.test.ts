/** Tests of what an update says of itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.js';
import { formatUpdateMetadata, parseUpdateMetadata } from './update-metadata.js';

describe('update metadata', () => {
  it('is read back as it was written', () => {
    const metadata = fc.record({
      exampleCount: fc.nat(),
      steps: fc.nat(),
      loss: fc.double({ noNaN: true, noDefaultInfinity: true }),
      trainMs: fc.nat(),
    });
    fc.assert(
      fc.property(metadata, (given) => {
        const read = parseUpdateMetadata(formatUpdateMetadata(given));
        expect(read).toEqual({ ...given, loss: given.loss + 0 });
      }),
    );
  });

  const sound = { exampleCount: '3', steps: '2', loss: '0.5', trainMs: '7' };

  it('may leave out how long training took', () => {
    const { trainMs: _, ...rest } = sound;
    expect(parseUpdateMetadata(rest)).toMatchObject({ exampleCount: 3, trainMs: 0 });
  });

  it.each([
    ['exampleCount', ''],
    ['exampleCount', '-1'],
    ['exampleCount', '1.5'],
    ['exampleCount', '1e400'],
    ['steps', 'many'],
    ['loss', 'NaN'],
    ['loss', 'Infinity'],
    ['trainMs', '-5'],
  ])('refuses %s of "%s"', (name, value) => {
    expect(() => parseUpdateMetadata({ ...sound, [name]: value })).toThrow(ProtocolError);
    expect(() => parseUpdateMetadata({ ...sound, [name]: value })).toThrow(name);
  });

  it.each(['exampleCount', 'steps', 'loss'])('refuses an update without %s', (name) => {
    const rest = Object.fromEntries(Object.entries(sound).filter(([key]) => key !== name));
    expect(() => parseUpdateMetadata(rest)).toThrow(`must have a finite ${name}, got nothing`);
  });
});
