import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProtocolError, ShapeError } from '../errors.js';
import { allFinite } from './arithmetic.js';
import { createLayout, type Params } from './layout.js';
import { encodeSafetensors, readParams } from './safetensors.js';
import { createSafetensorsReader, type SafetensorsReader } from './safetensors-stream.js';

const layoutOf = (...specs: [string, number[]][]) =>
  createLayout(specs.map(([name, shape]) => ({ name, shape })));

/** Written sorted by name: not in the order of this layout. */
const layout = layoutOf(['w', [3, 2]], ['none', [0]], ['b', [2]], ['scale', []]);
const params: Params = { layout, values: Float32Array.of(1, 2, 3, 4, 5, 6, -1, -2, 0.5) };
const bytes = encodeSafetensors(params, { round: '3' });
const headerEnd = bytes.length - 4 * layout.size;

function reader(options = {}) {
  const out = new Float32Array(layout.size).fill(Number.NaN);
  return { out, reader: createSafetensorsReader(layout, out, options) };
}

/** Pushes the file cut at these places. */
function pushCut(into: SafetensorsReader, file: Uint8Array, cuts: readonly number[]): void {
  const places = [...cuts.filter((cut) => cut < file.length).toSorted((a, b) => a - b), file.length];
  let from = 0;
  for (const to of places) {
    into.push(file.subarray(from, to));
    from = to;
  }
}

function headed(header: string, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

/** The same bytes, with one float32 number replaced. */
function withElement(index: number, value: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setFloat32(headerEnd + 4 * index, value, true);
  return changed;
}

describe('a safetensors file in chunks', () => {
  it.each([1, 2, 3, 5, 7, 8, 64, 1000])('of %d bytes is read into the order of the layout', (size) => {
    const { out, reader: file } = reader();
    for (let at = 0; at < bytes.length; at += size) {
      expect(file.receivedBytes).toBe(at);
      file.push(bytes.subarray(at, at + size));
    }
    expect(file.end()).toEqual({ metadata: { round: '3' } });
    expect(out).toEqual(params.values);
    expect(file.receivedBytes).toBe(bytes.length);
  });

  it('may have empty chunks, and chunks whose buffer is used again', () => {
    const { out, reader: file } = reader();
    const chunk = new Uint8Array(3);
    for (let at = 0; at < bytes.length; at += 3) {
      const part = bytes.subarray(at, at + 3);
      chunk.set(part);
      file.push(chunk.subarray(0, part.length));
      file.push(new Uint8Array(0));
      chunk.fill(255);
    }
    file.end();
    expect(out).toEqual(params.values);
  });

  it('is followed by another into the same buffer after a reset, also after a fault', () => {
    const { out, reader: file } = reader();
    for (const cut of [20, headerEnd + 5, bytes.length]) {
      file.push(bytes.subarray(0, cut));
      file.reset();
      expect(file.receivedBytes).toBe(0);
    }
    expect(() => file.push(withElement(0, Number.NaN))).toThrow(ShapeError);
    file.reset();
    out.fill(0);
    file.push(encodeSafetensors(params));
    expect(file.end()).toEqual({ metadata: {} });
    expect(out).toEqual(params.values);
  });

  it('writes into no more than the view it was given', () => {
    const around = new Float32Array(layout.size + 2).fill(9);
    const file = createSafetensorsReader(layout, around.subarray(1, -1));
    file.push(bytes);
    file.end();
    expect([...around]).toEqual([9, ...params.values, 9]);
  });

  it('may be empty', () => {
    const file = createSafetensorsReader(layoutOf(), new Float32Array(0));
    file.push(headed('{}'));
    expect(file.end()).toEqual({ metadata: {} });
    expect(() => file.push(Uint8Array.of(0))).toThrow(ProtocolError);
  });
});

describe('a safetensors file in chunks is refused', () => {
  const info = (shape: string, offsets: string) =>
    `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;
  const all = `"w":${info('[3,2]', '[0,24]')},"none":${info('[0]', '[24,24]')},"b":${info('[2]', '[24,32]')}`;

  it.each([
    [
      'when a parameter is missing',
      `{${all}}`,
      'an update must have "scale" [], got no parameter of that name',
    ],
    [
      'when one has another shape',
      `{${all.replace('[3,2]', '[2,3]')},"scale":${info('[]', '[32,36]')}}`,
      'an update must have "w" [3, 2], got "w" [2, 3]',
    ],
    [
      'when there is one too many',
      `{${all},"scale":${info('[]', '[32,36]')},"x":${info('[]', '[36,40]')}}`,
      'an update must have only parameters of the model, got "x" []',
    ],
  ])('%s, before any data', (_, header, sentence) => {
    const { out, reader: file } = reader();
    expect(() => file.push(headed(header))).toThrow(new ShapeError(sentence));
    expect(out.every(Number.isNaN)).toBe(true);
  });

  it('when its header breaks the rules of the format, with the last byte of it', () => {
    const { reader: file } = reader();
    const broken = headed(`{${all},"scale":${info('[]', '[30,34]')}}`);
    file.push(broken.subarray(0, -1));
    expect(() => file.push(broken.subarray(-1))).toThrow(
      new ProtocolError(
        'an update must be a safetensors file: safetensors tensor "scale" must begin at byte 32, got 30',
      ),
    );
  });

  it('when its header is empty, with the length', () => {
    const { reader: file } = reader();
    expect(() => file.push(new Uint8Array(8))).toThrow(/must be JSON in UTF-8/);
  });

  it.each([
    [{}, 2 ** 20],
    [{ maxHeaderBytes: 100 }, 100],
    [{ maxHeaderBytes: 1e15 }, 100_000_000],
  ])('when its header is longer than the bound of %o, before any of it', (options, most) => {
    const length = (bytesOfHeader: number) => {
      const start = new Uint8Array(8);
      new DataView(start.buffer).setBigUint64(0, BigInt(bytesOfHeader), true);
      return start;
    };
    expect(() => reader(options).reader.push(length(most))).not.toThrow();
    expect(() => reader(options).reader.push(length(most + 1))).toThrow(
      new ProtocolError(
        `an update must be a safetensors file: safetensors header length must be at most ${most}, got ${most + 1}`,
      ),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'at the first %d, wherever it stands and however it is cut',
    (bad) => {
      for (let index = 0; index < layout.size; index++) {
        const whole = headerEnd + 4 * index + 4;
        for (let cut = whole - 4; cut < whole; cut++) {
          const { reader: file } = reader();
          const changed = withElement(index, bad);
          file.push(changed.subarray(0, cut));
          expect(() => file.push(changed.subarray(cut, whole))).toThrow(
            new ShapeError('an update must have finite elements, got NaN or infinity'),
          );
        }
      }
    },
  );

  it('when it goes on after its last element', () => {
    const { reader: file } = reader();
    file.push(bytes);
    expect(() => file.push(Uint8Array.of(0))).toThrow(
      new ProtocolError(
        'an update must be a safetensors file: safetensors data must have 36 bytes, got more',
      ),
    );
    expect(file.receivedBytes).toBe(bytes.length);
  });

  it.each([
    [3, 'a safetensors file must have 8 bytes or more, got 3'],
    [8, `safetensors header must have ${headerEnd - 8} bytes, got 0`],
    [headerEnd - 1, `safetensors header must have ${headerEnd - 8} bytes, got ${headerEnd - 9}`],
    [headerEnd, 'safetensors data must have 36 bytes, got 0'],
    [bytes.length - 1, 'safetensors data must have 36 bytes, got 35'],
  ])('when it ends after %d bytes', (length, sentence) => {
    const { reader: file } = reader();
    file.push(bytes.subarray(0, length));
    expect(() => file.end()).toThrow(new ProtocolError(`an update must be a safetensors file: ${sentence}`));
  });

  it('for good: what comes after the fault cannot mend it', () => {
    const { reader: file } = reader({ argument: 'the model' });
    const fault = new ShapeError('the model must have finite elements, got NaN or infinity');
    expect(() => file.push(withElement(8, Number.NaN))).toThrow(fault);
    expect(() => file.push(bytes)).toThrow(fault);
    expect(() => file.end()).toThrow(fault);
    const { reader: short } = reader();
    expect(() => short.end()).toThrow(ProtocolError);
    expect(() => short.push(bytes)).toThrow(ProtocolError);
  });

  it('with a short sentence, however long the name or the shape', () => {
    const { reader: file } = reader();
    const zeros = `[${'0,'.repeat(1e5)}0]`;
    const header = `{${all},"scale":${info('[]', '[32,36]')},"${'x'.repeat(1e5)}":${info(zeros, '[36,36]')}}`;
    expect(() => file.push(headed(header))).toThrow(/^.{1,250}$/);
  });
});

describe('createSafetensorsReader', () => {
  it('refuses a buffer of another size, a bound that is none, and a layout that no file can hold', () => {
    expect(() => createSafetensorsReader(layout, new Float32Array(8))).toThrow(
      new ShapeError('out must have 9 elements like the layout, got 8'),
    );
    expect(() => reader({ maxHeaderBytes: Number.NaN })).toThrow(
      new ConfigError('maxHeaderBytes must be a positive integer, got NaN'),
    );
    expect(() => createSafetensorsReader(layoutOf(['__metadata__', []]), new Float32Array(1))).toThrow(
      ShapeError,
    );
  });

  it('reads a header of more than 1 MiB when the layout needs one', () => {
    const wide = createLayout(
      Array.from({ length: 20_000 }, (_, index) => ({ name: `layer.${index}.weight`, shape: [1] })),
    );
    const file = encodeSafetensors({ layout: wide, values: new Float32Array(wide.size).fill(2) });
    expect(file.length - 4 * wide.size).toBeGreaterThan(2 ** 20);
    const out = new Float32Array(wide.size);
    const wideReader = createSafetensorsReader(wide, out);
    pushCut(wideReader, file, [9, 100_000, 1_000_000]);
    wideReader.end();
    expect(out.every((value) => value === 2)).toBe(true);
  });
});

describe('any file in any chunks', () => {
  const arbitraryParams: fc.Arbitrary<Params> = fc
    .uniqueArray(
      fc.record({
        name: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
        shape: fc.array(fc.nat(3), { maxLength: 3 }),
      }),
      { selector: (spec) => spec.name, maxLength: 4 },
    )
    .map(createLayout)
    .chain((drawn) =>
      fc
        .float32Array({
          minLength: drawn.size,
          maxLength: drawn.size,
          noNaN: true,
          noDefaultInfinity: true,
        })
        .map((values) => ({ layout: drawn, values })),
    );
  const mutation = fc.oneof(
    fc.record({ at: fc.nat(), byte: fc.nat(255) }),
    fc.record({
      at: fc.nat(),
      text: fc.constantFrom('0', '4', '-', 'e9', '"', '{', '}', '[', ']', ',', ':', '\\', 'F32', '\0'),
    }),
    fc.record({ at: fc.nat(), cut: fc.nat(8) }),
    fc.record({ at: fc.nat(), bad: fc.constantFrom(0x7f, 0xff) }),
    fc.record({ truncated: fc.nat() }),
    fc.record({ appended: fc.integer({ min: 1, max: 9 }) }),
  );

  type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

  function mutate(file: number[], change: Mutation): number[] {
    if ('truncated' in change) return file.slice(0, change.truncated % (file.length + 1));
    if ('appended' in change) return [...file, ...new Array(change.appended).fill(0)];
    // Most in the header, where the rules are; NaN and infinities anywhere.
    const place = change.at % ('bad' in change ? file.length + 1 : Math.min(file.length + 1, 150));
    const text = 'text' in change ? [...new TextEncoder().encode(change.text)] : [];
    const written = 'byte' in change ? [change.byte] : 'bad' in change ? [0x80, change.bad] : text;
    return file.toSpliced(place, 'cut' in change ? change.cut : written.length, ...written);
  }

  it('is accepted where readParams accepts it and all is finite, with the same values, and else refused', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        arbitraryParams,
        fc.array(mutation, { maxLength: 3 }),
        fc.array(fc.nat(400), { maxLength: 5 }),
        (drawn, mutations, cuts) => {
          const file = Uint8Array.from(
            mutations.reduce(mutate, [...encodeSafetensors(drawn, { note: 'x' })]),
          );
          const whole = outcome(() => {
            const read = readParams(file, drawn.layout, 'an update');
            return allFinite(read.values) ? read : undefined;
          });
          const out = new Float32Array(drawn.layout.size);
          const stream = createSafetensorsReader(drawn.layout, out);
          const inChunks = outcome(() => {
            pushCut(stream, file, cuts);
            return { values: out, ...stream.end() };
          });
          expect(inChunks).toEqual(whole);
          if (inChunks) accepted++;
        },
      ),
      { numRuns: 10_000 },
    );
    // A quarter has no mutation at all.
    expect(accepted).toBeGreaterThan(2000);
    expect(accepted).toBeLessThan(8000);
  });

  /** What came, or undefined for a refusal; anything but the two kinds of refusal goes on. */
  function outcome<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof ShapeError) return undefined;
      throw error;
    }
  }
});
