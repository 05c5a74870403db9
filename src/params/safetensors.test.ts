import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError, ShapeError } from '../errors.js';
import { createLayout, type Params, paramValues } from './layout.js';
import { decodeSafetensors, encodeSafetensors, readParams } from './safetensors.js';

/** Files that the official writer made; see make.py beside them. */
function vector(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/vectors/safetensors/${name}.safetensors`, import.meta.url));
}

/** A file with this header, and as many zero bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function tensor(name: string, shape: string, offsets: string, dtype = 'F32'): string {
  return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
}

const arbitraryParams: fc.Arbitrary<Params> = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name !== '__metadata__'),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
    }),
    { selector: (spec) => spec.name, maxLength: 6 },
  )
  .map(createLayout)
  .chain((layout) =>
    fc.float32Array({ minLength: layout.size, maxLength: layout.size }).map((values) => ({ layout, values })),
  );

const arbitraryMetadata = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), {
  noNullPrototype: true,
});

describe('files of the official writer', () => {
  it('are read with their names, shapes and values', () => {
    const { params, metadata } = decodeSafetensors(vector('plain'));
    expect(params.layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['0', [1]],
      ['10.bias', [5]],
      ['2.weight', [2, 3]],
      ['layer/a', [2, 1, 2]],
    ]);
    expect([...paramValues(params, '2.weight')]).toEqual([-0.25, -0.125, 0, 0.125, 0.25, 0.375]);
    expect([...paramValues(params, 'layer/a')]).toEqual([-0.25, -0.125, 0, 0.125]);
    expect(metadata).toEqual({});
  });

  it('may hold any name, scalars and empty tensors', () => {
    const { params, metadata } = decodeSafetensors(vector('names'));
    expect(metadata).toEqual({ 'made by': 'safetensors ✓' });
    expect(params.layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['__proto__', [1]],
      ['empty', [0, 3]],
      ['line separator \u2028, é', [1]],
      ['quote " backslash \\ slash / newline \n tab \t bell \x07 delete \x7f', [2]],
      ['scalar', []],
      ['\uff5e before the last', [2]],
      ['\u{1f600} after the next in UTF-8', [1]],
    ]);
    expect([...paramValues(params, '\uff5e before the last')]).toEqual([-0.25, -0.125]);
  });

  it.each(['plain', 'names', 'nothing'])('are written again byte by byte, from any order: %s', (name) => {
    const { params, metadata } = decodeSafetensors(vector(name));
    const layout = createLayout(params.layout.entries.toReversed());
    const { values } = readParams(vector(name), layout, 'init');
    expect(encodeSafetensors({ layout, values }, metadata)).toEqual(new Uint8Array(vector(name)));
  });

  it('with other element types are refused by tensor and type', () => {
    expect(() => decodeSafetensors(vector('float16'))).toThrow(
      new ProtocolError('safetensors tensor "half" must have dtype F32, got "F16"'),
    );
  });
});

describe('encodeSafetensors', () => {
  it('is undone by readParams, to the bit', () => {
    fc.assert(
      fc.property(arbitraryParams, arbitraryMetadata, (params, metadata) => {
        const read = readParams(encodeSafetensors(params, metadata), params.layout, 'init');
        expect(new Uint8Array(read.values.buffer)).toEqual(new Uint8Array(params.values.slice().buffer));
        expect(read.metadata).toEqual(metadata);
      }),
    );
  });

  it('gives equal bytes for metadata in another order', () => {
    const params = { layout: createLayout([{ name: 'a', shape: [1] }]), values: Float32Array.of(1) };
    expect(encodeSafetensors(params, { a: '1', b: '2' })).toEqual(
      encodeSafetensors(params, { b: '2', a: '1' }),
    );
  });

  it('refuses what a file cannot hold', () => {
    const withName = (name: string) => ({
      layout: createLayout([{ name, shape: [] }]),
      values: Float32Array.of(1),
    });
    expect(() => encodeSafetensors(withName('__metadata__'))).toThrow(ShapeError);
    expect(() => encodeSafetensors(withName('\ud800'))).toThrow(ShapeError);
    expect(() => encodeSafetensors(withName('a'), { '\udc00': '' })).toThrow(ShapeError);
    const short = { layout: createLayout([{ name: 'a', shape: [2] }]), values: new Float32Array(1) };
    expect(() => encodeSafetensors(short)).toThrow(
      new ShapeError('values must have 2 elements like the layout, got 1'),
    );
  });
});

describe('decodeSafetensors', () => {
  it('takes aligned data without a copy, and copies it elsewhere', () => {
    const params = { layout: createLayout([{ name: 'a', shape: [2] }]), values: Float32Array.of(1, 2) };
    const bytes = encodeSafetensors(params);
    expect(decodeSafetensors(bytes).params.values.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    const decoded = decodeSafetensors(shifted).params.values;
    expect(decoded.buffer).not.toBe(shifted.buffer);
    expect([...decoded]).toEqual([1, 2]);
  });

  it('copies data that is not aligned out of a Buffer too', () => {
    const file = encodeSafetensors({
      layout: createLayout([{ name: 'w', shape: [2] }]),
      values: Float32Array.of(1, 2),
    });
    const moved = Buffer.alloc(file.length + 1);
    moved.set(file, 1);
    expect([...decodeSafetensors(moved.subarray(1)).params.values]).toEqual([1, 2]);
  });

  it('orders tensors by their data, not by the header', () => {
    const bytes = file(
      `{${tensor('a', '[1]', '[4,8]')},${tensor('b', '[1]', '[0,4]')},${tensor('c', '[0]', '[4,4]')}}`,
      8,
    );
    const { entries } = decodeSafetensors(bytes).params.layout;
    expect(entries.map(({ name, offset }) => [name, offset])).toEqual([
      ['b', 0],
      ['c', 1],
      ['a', 1],
    ]);
  });

  const a = tensor('a', '[1]', '[0,4]');
  const refused: [string, Uint8Array, RegExp][] = [
    ['nothing at all', new Uint8Array(0), /8 bytes or more, got 0/],
    ['a cut header length', file('{}').subarray(0, 7), /8 bytes or more, got 7/],
    ['a header longer than the file', file('{}').subarray(0, 9), /length must be at most 1, got 2/],
    ['a huge header length', new Uint8Array(16).fill(255, 0, 8), /at most 8, got 18446744073709551615/],
    ['an empty header', file(''), /JSON in UTF-8/],
    ['a header that is no JSON', file('{"a"}'), /JSON in UTF-8/],
    [
      'a header that is not UTF-8',
      file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
      /JSON in UTF-8/,
    ],
    ['a byte order mark', file('\ufeff{}'), /JSON in UTF-8/],
    ['a leading space', file(' {}'), /from its first byte/],
    ['a list', file('[]'), /JSON object/],
    ['a tensor twice', file(`{${a},${a}}`, 4), /every name once/],
    ['an escaped name twice', file(`{${a},"\\u0061":1}`, 4), /every name once/],
    [
      'a field twice',
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      /once/,
    ],
    ['metadata twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /every name once/],
    ['metadata that is a list', file('{"__metadata__":[]}'), /__metadata__ must be an object/],
    ['metadata with a number', file('{"__metadata__":{"a":1}}'), /"a" must be a string, got 1/],
    ['an empty name', file(`{${tensor('', '[1]', '[0,4]')}}`, 4), /not empty/],
    ['half a surrogate pair', file('{"\\ud800":{}}', 4), /well-formed/],
    ['a tensor that is no object', file('{"a":[]}'), /described by an object/],
    [
      'a known type we lack',
      file(`{${tensor('a', '[2]', '[0,4]', 'BF16')}}`, 4),
      /"a" must have dtype F32, got "BF16"/,
    ],
    ['an unknown type', file(`{${tensor('a', '[1]', '[0,4]', 'f32')}}`, 4), /got "f32"/],
    ['a missing type', file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), /got nothing/],
    ['a negative size', file(`{${tensor('a', '[-1]', '[0,4]')}}`, 4), /non-negative integers, got \[-1\]/],
    ['a broken size', file(`{${tensor('a', '[0.5]', '[0,2]')}}`, 2), /non-negative integers/],
    ['a shape that is a number', file(`{${tensor('a', '1', '[0,4]')}}`, 4), /non-negative integers/],
    ['a shape beyond all bounds', file(`{${tensor('a', '[4294967296,4294967296]', '[0,4]')}}`, 4), /2\^53/],
    ['a huge shape times zero', file(`{${tensor('a', `[${'9e15,'.repeat(30)}0]`, '[0,0]')}}`), /2\^53/],
    ['offsets too close', file(`{${tensor('a', '[2]', '[0,4]')}}`, 4), /data_offsets 8 bytes apart/],
    ['offsets reversed', file(`{${tensor('a', '[1]', '[4,0]')}}`, 4), /data_offsets/],
    ['three offsets', file(`{${tensor('a', '[1]', '[0,4,4]')}}`, 4), /data_offsets/],
    ['broken offsets', file(`{${tensor('a', '[1]', '[0.5,4.5]')}}`, 8), /data_offsets/],
    ['a hole at the start', file(`{${tensor('a', '[1]', '[4,8]')}}`, 8), /must begin at byte 0, got 4/],
    ['a hole between', file(`{${a},${tensor('b', '[1]', '[8,12]')}}`, 12), /"b" must begin at byte 4, got 8/],
    ['an overlap', file(`{${a},${tensor('b', '[1]', '[0,4]')}}`, 4), /"b" must begin at byte 4, got 0/],
    [
      'an empty tensor inside another',
      file(`{${a},${tensor('b', '[0]', '[2,2]')}}`, 4),
      /"b" must begin at byte 4/,
    ],
    ['missing data', file(`{${a}}`, 3), /data must have 4 bytes, got 3/],
    ['data too long', file(`{${a}}`, 5), /data must have 4 bytes, got 5/],
    ['a very deep type', file(`{"a":{"dtype":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`), /deeply nested/],
  ];

  it.each(refused)('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(ProtocolError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it.each([
    ['name', `{"${'x'.repeat(1e5)}":1}`],
    ['value', `{"a":[${'1,'.repeat(1e5)}1]}`],
  ])('keeps its messages short, however long the %s', (_, header) => {
    expect(() => decodeSafetensors(file(header))).toThrow(/^.{1,250}$/);
  });

  it('takes no more than the file itself for the values, and throws nothing but ProtocolError', () => {
    const mutation = fc.oneof(
      fc.record({ at: fc.nat(), byte: fc.nat(255) }),
      fc.record({
        at: fc.nat(),
        text: fc.constantFrom('0', '-', '9', 'e9', '"', '{', '}', '[', ']', ',', ':', '\\', 'F32', '\0'),
      }),
      fc.record({ at: fc.nat(), cut: fc.nat(8) }),
    );
    fc.assert(
      fc.property(arbitraryParams, fc.array(mutation, { maxLength: 4 }), (params, mutations) => {
        let bytes = [...encodeSafetensors(params, { note: 'x' })];
        for (const { at, ...change } of mutations) {
          // Most in the header, where the rules are.
          const place = at % Math.min(bytes.length + 1, 150);
          const written =
            'byte' in change ? [change.byte] : 'text' in change ? new TextEncoder().encode(change.text) : [];
          bytes = bytes.toSpliced(place, 'cut' in change ? change.cut : written.length, ...written);
        }
        try {
          const { params: read } = decodeSafetensors(Uint8Array.from(bytes));
          expect(read.values.length).toBe(read.layout.size);
          expect(read.values.buffer.byteLength).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but ProtocolError for any JSON as header', () => {
    const fields = { dtype: fc.constant('F32'), shape: fc.jsonValue(), data_offsets: fc.jsonValue() };
    const info = fc.oneof(fc.jsonValue(), fc.record(fields, { requiredKeys: [] }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), info), fc.nat(16), (header, dataBytes) => {
        try {
          decodeSafetensors(file(JSON.stringify(header), dataBytes));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('readParams', () => {
  const bytes = encodeSafetensors({
    layout: createLayout([
      { name: 'b', shape: [2] },
      { name: 'a', shape: [2, 1] },
    ]),
    values: Float32Array.of(1, 2, 3, 4),
  });
  const layoutOf = (...specs: [string, number[]][]) =>
    createLayout(specs.map(([name, shape]) => ({ name, shape })));

  it('puts parameters where the layout has them, on a buffer of their own', () => {
    const { values } = readParams(bytes, layoutOf(['b', [2]], ['a', [2, 1]]), 'init');
    expect([...values]).toEqual([1, 2, 3, 4]);
    expect(values.buffer).not.toBe(bytes.buffer);
    expect([...readParams(bytes, layoutOf(['a', [2, 1]], ['b', [2]]), 'init').values]).toEqual([3, 4, 1, 2]);
  });

  it('names what is missing, wrongly shaped or one too many', () => {
    expect(() => readParams(bytes, layoutOf(['a', [2, 1]], ['b', [2]], ['c', [3]]), 'init')).toThrow(
      new ShapeError('init must have "c" [3], got no parameter of that name'),
    );
    expect(() => readParams(bytes, layoutOf(['a', [1, 2]], ['b', [2]]), 'init')).toThrow(
      new ShapeError('init must have "a" [1, 2], got "a" [2, 1]'),
    );
    expect(() => readParams(bytes, layoutOf(['a', [2, 1]]), 'init')).toThrow(
      new ShapeError('init must have only parameters of the model, got "b" [2]'),
    );
  });

  it('says which argument was no safetensors file', () => {
    expect(() => readParams(new Uint8Array(3), layoutOf(), 'init')).toThrow(
      new ProtocolError(
        'init must be a safetensors file: a safetensors file must have 8 bytes or more, got 3',
      ),
    );
  });
});
