/** Reads IDX, the array format of MNIST and its kin: a big-endian header, then the elements. */
import { ProtocolError } from '../errors.js';

/** An array of unsigned bytes: `values` are its elements, row-major, a view on the bytes parsed. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: 'short integers',
  12: 'integers',
  13: 'floats',
  14: 'doubles',
};

/**
 * Parses uncompressed IDX bytes that hold unsigned bytes, without copying them.
 *
 * @param file what to call the bytes in an error
 * @throws {ProtocolError} when the header is not IDX, the elements are of another type, or the length does
 * not match the header exactly.
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) {
    throw new ProtocolError(
      `${file} must be an IDX file that starts with two zero bytes, got ${start(bytes)}`,
    );
  }
  const type = view.getUint8(2);
  if (type !== UNSIGNED_BYTE) {
    const got = TYPE_NAMES[type] ?? `the unknown type ${type}`;
    throw new ProtocolError(`${file} must hold unsigned bytes, got ${got}`);
  }
  const dimensions = view.getUint8(3);
  const header = 4 + 4 * dimensions;
  if (dimensions === 0 || bytes.length < header) {
    throw new ProtocolError(
      `${file} must name at least one dimension and hold its sizes, got ${dimensions} in ${bytes.length} bytes`,
    );
  }
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(4 + 4 * index));
  const expected = header + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    throw new ProtocolError(
      `${file} must have ${expected} bytes for shape [${shape.join(', ')}], got ${bytes.length}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

function start(bytes: Uint8Array): string {
  if (bytes.length < 4) return `${bytes.length} bytes`;
  return Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
