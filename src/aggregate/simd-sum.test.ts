import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import loadWabt from 'wabt';
import { FOLD_MODULE } from './fold-module.js';
import { createPlainSum, type RunningSum } from './running-sum.js';
import { createSimdSum } from './simd-sum.js';
import { createWeightedSum, fold, reset, writeMean } from './weighted-mean.js';

const CHUNK = 65_536;

/** Sizes of every remainder by four, and around one and two chunks. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(70) },
  { weight: 1, arbitrary: fc.integer({ min: CHUNK - 5, max: CHUNK + 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 * CHUNK - 5, max: 2 * CHUNK + 5 }) },
);
const weight = fc.oneof(
  fc.double({ min: 1e-300, max: 1e12, noNaN: true }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);

/** Finite float32 numbers of any kind: also subnormal ones and negative zeros. */
function finiteValues(count: number, seed: number): Float32Array {
  const bits = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const special = state % 16 === 0 ? 0x80000000 : state % 16 === 1 ? 0x00000007 : state;
    // An exponent of all ones would be NaN or infinity.
    bits[i] = (special & 0x7f800000) === 0x7f800000 ? special & 0xbfffffff : special;
  }
  return new Float32Array(bits.buffer);
}

function simdSum(elements: number): RunningSum {
  const sum = createSimdSum(elements);
  if (!sum) throw new Error('this platform must have WebAssembly SIMD, or there is nothing to compare');
  return sum;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the sum in WebAssembly', () => {
  it('has the same bytes as the one in TypeScript after several folds, at every size', () => {
    fc.assert(
      fc.property(
        size,
        fc.nat(),
        fc.array(weight, { minLength: 1, maxLength: 5 }),
        (elements, seed, weights) => {
          const plain = createPlainSum(elements);
          const simd = simdSum(elements);
          weights.forEach((share, index) => {
            const values = finiteValues(elements, seed + index);
            plain.add(values, share);
            simd.add(values, share);
          });
          expect(bytesOf(simd.values).equals(bytesOf(plain.values))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives the same mean through fold, also after a reset, from a view at any place', () => {
    const elements = CHUNK + 3;
    const means = [createPlainSum(elements), simdSum(elements)].map((running) => {
      const sum = { ...running, totalWeight: 0 };
      const out = new Float32Array(elements);
      fold(sum, finiteValues(elements, 1), 9);
      reset(sum);
      for (const seed of [2, 3, 4]) fold(sum, finiteValues(elements + 1, seed).subarray(1), seed / 7);
      writeMean(sum, out);
      return bytesOf(out);
    });
    expect(means[0]!.equals(means[1]!)).toBe(true);
  });

  it('adds what lies in one of its rooms as if it lay elsewhere', () => {
    for (const elements of [1, 7, 70, CHUNK + 3]) {
      const plain = createPlainSum(elements);
      const simd = createSimdSum(elements, 3)!;
      simd.rooms.forEach((room, index) => {
        const values = finiteValues(elements, index + 1);
        room.set(values);
        plain.add(values, index + 0.3);
        simd.add(room, index + 0.3);
      });
      expect(bytesOf(simd.values).equals(bytesOf(plain.values))).toBe(true);
      expect(
        simd.rooms.map((room, index) => bytesOf(room).equals(bytesOf(finiteValues(elements, index + 1)))),
      ).toEqual([true, true, true]);
    }
  });

  it('finds what is not finite, wherever it is in a room', () => {
    const elements = 41;
    const simd = createSimdSum(elements, 1)!;
    const room = simd.rooms[0]!;
    room.set(finiteValues(elements, 5));
    for (let from = 0; from < 12; from++) {
      for (let to = from; to <= elements; to++) expect(simd.allFinite(room.subarray(from, to))).toBe(true);
    }
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let index = 0; index < elements; index++) {
        const right = room[index]!;
        room[index] = wrong;
        expect(simd.allFinite(room)).toBe(false);
        expect(simd.allFinite(room.subarray(index + 1))).toBe(true);
        expect(simd.allFinite(room.subarray(0, index))).toBe(true);
        expect(simd.allFinite(room.slice())).toBe(false);
        room[index] = right;
      }
    }
  });

  it('keeps what it has when another sum is made and used', () => {
    const first = simdSum(5);
    const second = simdSum(5);
    first.add(Float32Array.of(1, 2, 3, 4, 5), 2);
    second.add(Float32Array.of(9, 9, 9, 9, 9), 9);
    expect([...first.values]).toEqual([2, 4, 6, 8, 10]);
  });

  it('is what a weighted sum of a model uses, and not one of a few numbers', () => {
    const isBehind = (elements: number) => createWeightedSum(elements).values.byteOffset > 0;
    expect([isBehind(7), isBehind(200_000)]).toEqual([false, true]);
  });

  it('runs the module that fold.wat describes', async () => {
    const text = readFileSync(new URL('fold.wat', import.meta.url), 'utf8');
    const wabt = await loadWabt();
    const { buffer } = wabt.parseWat('fold.wat', text, { simd: true }).toBinary({});
    expect(Buffer.from(buffer).toString('base64')).toBe(FOLD_MODULE);
  });
});

describe('a weighted sum stays in TypeScript', () => {
  const refuse = class {
    constructor() {
      throw new EvalError('refused');
    }
  };
  const elements = 100_000;

  it.each([
    ['where there is no WebAssembly', undefined],
    ['where its module is not valid, for want of SIMD', { ...parts(), validate: () => false }],
    ['where a policy forbids to compile', { ...parts(), Module: refuse }],
    ['where memory is short', { ...parts(), Memory: refuse }],
  ])('%s', (_, platform) => {
    vi.stubGlobal('WebAssembly', platform);
    expect(createSimdSum(elements)).toBeUndefined();
    const sum = createWeightedSum(elements);
    fold(sum, new Float32Array(elements).fill(2), 3);
    expect([sum.values.byteOffset, sum.values[elements - 1]]).toEqual([0, 6]);
    expect(createWeightedSum(elements, 2).rooms.map(({ length }) => length)).toEqual([elements, elements]);
  });

  it('where more than 4 GiB would be needed', () => {
    expect(createSimdSum(2 ** 29)).toBeUndefined();
  });
});

function parts(): object {
  const { validate, Module, Memory, Instance } = Reflect.get(globalThis, 'WebAssembly');
  return { validate, Module, Memory, Instance };
}
