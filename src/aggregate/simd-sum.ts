/** The float64 sum under a weighted mean, in WebAssembly SIMD: about twice as fast, the same bytes. */
import { FOLD_MODULE } from './fold-module.js';
import type { RunningSum } from './running-sum.js';

/** Updates are copied in by as much as stays in a core's cache: 256 KB. 16 KB measured a quarter slower. */
const CHUNK_ELEMENTS = 65_536;
const CHUNK_BYTES = 4 * CHUNK_ELEMENTS;
const PAGE_BYTES = 65_536;

/** The fold of fold.wat: addresses in bytes, `count` elements. */
type Fold = (sum: number, update: number, count: number, weight: number) => void;

/** What is used of WebAssembly, which belongs to the platform and not to the language. */
declare const WebAssembly:
  | {
      validate(bytes: Uint8Array): boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
      readonly Instance: new (
        module: object,
        imports: object,
      ) => { readonly exports: { readonly fold: Fold } };
    }
  | undefined;
declare const atob: (base64: string) => string;

/**
 * An empty sum of `size` elements in a WebAssembly memory of its own: 8 bytes an element and 256 KB. The memory goes
 * when the sum does.
 *
 * @returns undefined where WebAssembly or its SIMD instructions are missing, where a page's security policy forbids
 *   them, or where there is no memory of that size (at most 4 GiB).
 */
export function createSimdSum(size: number): RunningSum | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const code = Uint8Array.from(atob(FOLD_MODULE), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(code)) return undefined;
  const pages = Math.ceil((CHUNK_BYTES + 8 * size) / PAGE_BYTES);
  let buffer: ArrayBuffer;
  let fold: Fold;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    fold = new WebAssembly.Instance(new WebAssembly.Module(code), { sum: { memory } }).exports.fold;
    buffer = memory.buffer;
  } catch {
    return undefined;
  }
  const chunk = new Float32Array(buffer, 0, CHUNK_ELEMENTS);
  const add = (values: Float32Array, weight: number) => {
    for (let start = 0; start < size; start += CHUNK_ELEMENTS) {
      const count = Math.min(CHUNK_ELEMENTS, size - start);
      chunk.set(values.subarray(start, start + count));
      fold(CHUNK_BYTES + 8 * start, 0, count, weight);
    }
  };
  return { values: new Float64Array(buffer, CHUNK_BYTES, size), add };
}
