/**
 * The safetensors file format (https://github.com/huggingface/safetensors): how models are kept, sent and
 * exchanged with other tools. Float32 only. Hosts are taken to be little-endian, like the format.
 */
import { ProtocolError, ShapeError } from '../errors.js';
import { createLayout, type Layout, type LayoutEntry, type Params } from './layout.js';
import { LENGTH_BYTES, parseHeader, readHeaderLength, writeHeader } from './safetensors-header.js';
import { sortedByName } from './safetensors-known.js';
import { asFileFault, matchLayout } from './safetensors-match.js';

/**
 * The bytes of a safetensors file, the same that the official writer makes: tensors sorted by name, header
 * padded to a multiple of 8 bytes.
 *
 * @param metadata free text to keep with the parameters; left out when empty
 * @throws {ShapeError} when `values` does not fit the layout, or a name is `__metadata__` or not Unicode.
 */
export function encodeSafetensors(
  params: Params,
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const { layout, values } = params;
  if (values.length !== layout.size) {
    throw new ShapeError(`values must have ${layout.size} elements like the layout, got ${values.length}`);
  }
  const entries = sortedByName(layout);
  const header = writeHeader(entries, metadata);
  const length = LENGTH_BYTES + header.length + 4 * layout.size;
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  const data = new Float32Array(bytes.buffer, LENGTH_BYTES + header.length, layout.size);
  let offset = 0;
  for (const entry of entries) {
    data.set(elements(values, entry), offset);
    offset += entry.length;
  }
  return bytes;
}

/**
 * The parameters in a safetensors file, in the order in which their data lies there, and its metadata. Where
 * the data is aligned, `params.values` is a view on `bytes`: writing to one changes the other.
 *
 * @throws {ProtocolError} when the bytes break a rule of the format, or a tensor is not float32.
 */
export function decodeSafetensors(bytes: Uint8Array): { params: Params; metadata: Record<string, string> } {
  const dataStart = LENGTH_BYTES + readHeaderLength(bytes, bytes.length - LENGTH_BYTES);
  const { tensors, metadata, dataBytes } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const data = bytes.subarray(dataStart);
  if (data.length !== dataBytes) {
    throw new ProtocolError(`safetensors data must have ${dataBytes} bytes, got ${data.length}`);
  }
  // A copy also where `bytes` is a Buffer, whose `slice` makes none.
  const aligned = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  const values = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  return { params: { layout: createLayout(tensors), values }, metadata };
}

/**
 * Reads a safetensors file into the given layout, whatever the order in the file.
 *
 * @param argument what the file is called in error messages
 * @returns `values` on a buffer of their own, `layout.size` elements
 * @throws {ProtocolError} when the bytes break a rule of the format, or a tensor is not float32.
 * @throws {ShapeError} naming a parameter that is missing, wrongly shaped or one too many.
 */
export function readParams(
  bytes: Uint8Array,
  layout: Layout,
  argument: string,
): { values: Float32Array; metadata: Record<string, string> } {
  const { params, metadata } = decodeNamed(bytes, argument);
  const values = new Float32Array(layout.size);
  matchLayout(layout, params.layout, argument).forEach((source, index) => {
    values.set(elements(params.values, source), layout.entries[index]!.offset);
  });
  return { values, metadata };
}

function decodeNamed(bytes: Uint8Array, argument: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (fault) {
    throw asFileFault(fault, argument);
  }
}

function elements(values: Float32Array, entry: LayoutEntry): Float32Array {
  return values.subarray(entry.offset, entry.offset + entry.length);
}
