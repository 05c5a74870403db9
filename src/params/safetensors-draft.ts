/** Safetensors files that are made in place: the parameters are written where the file has them, the header last. */
import { ShapeError } from '../errors.js';
import type { Layout } from './layout.js';
import { LENGTH_BYTES, writeHeader } from './safetensors-header.js';

const BLANK = 0x20;

/** A file in the making. */
export interface SafetensorsDraft {
  readonly layout: Layout;
  /** `layout.size` elements, entry by entry: a view on the file. */
  readonly values: Float32Array<ArrayBuffer>;
  /**
   * The bytes of the file, a view: writing to `values` changes them. Tensors lie in the order of the layout, and the
   * header is filled up with blanks.
   *
   * @throws {ShapeError} when the metadata takes more than its room.
   */
  finish(metadata: Record<string, string>): Uint8Array<ArrayBuffer>;
}

/**
 * A file of all zeros.
 *
 * @param metadataBytes room for the metadata, as JSON
 * @throws {ShapeError} when a name is `__metadata__` or not Unicode.
 */
export function draftSafetensors(layout: Layout, metadataBytes: number): SafetensorsDraft {
  const room = writeHeader(layout.entries, {}).length + Math.ceil(metadataBytes / 8) * 8;
  const dataStart = LENGTH_BYTES + room;
  const bytes = new Uint8Array(dataStart + 4 * layout.size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(room), true);
  return {
    layout,
    values: new Float32Array(bytes.buffer, dataStart, layout.size),
    finish(metadata) {
      const header = writeHeader(layout.entries, metadata);
      if (header.length > room) {
        throw new ShapeError(
          `metadata must take at most ${metadataBytes} bytes, got ${header.length - room} more`,
        );
      }
      bytes.set(header, LENGTH_BYTES);
      bytes.fill(BLANK, LENGTH_BYTES + header.length, dataStart);
      return bytes;
    },
  };
}
