/**
 * Headers that are written as ours are: metadata, then all tensors of a layout that is known, in an order that is. Of those
 * only the metadata is to be read, which takes a fifth of the time; any other header is none of these.
 */
import type { Layout, LayoutEntry, ParamSpec } from './layout.js';
import { compareNames, parseHeader, type SafetensorsHeader, writeHeader } from './safetensors-header.js';

const [COMMA, BLANK, END] = [0x2c, 0x20, 0x7d];

/** What such a header has behind its metadata, in bytes: `,"a":{...},"b":{...}}`. */
export type KnownTensors = Uint8Array;

/** @throws {ShapeError} when no file can hold the names. */
export function knownTensors(specs: readonly ParamSpec[]): KnownTensors {
  const header = writeHeader(specs, {});
  const tensors = header.slice(0, endOf(header));
  tensors[0] = COMMA;
  return tensors;
}

/** The metadata of such a header; undefined: it is none, or has a fault, and is to be read like any other. */
export function readKnownHeader(
  header: Uint8Array,
  known: KnownTensors,
): SafetensorsHeader['metadata'] | undefined {
  const start = endOf(header) - known.length;
  // Without metadata it has no comma before its tensors.
  if (start < 3) return undefined;
  for (let index = 0; index < known.length; index++) {
    if (header[start + index] !== known[index]) return undefined;
  }
  const rest = new Uint8Array(start + 1);
  rest.set(header.subarray(0, start));
  rest[start] = END;
  try {
    const { tensors, metadata, hasMetadata } = parseHeader(rest);
    return hasMetadata && tensors.length === 0 ? metadata : undefined;
  } catch {
    return undefined;
  }
}

/** The tensors in the order in which they are written. */
export function sortedByName({ entries }: Layout): LayoutEntry[] {
  return entries.toSorted((a, b) => compareNames(a.name, b.name));
}

/** Where the blanks begin with which a header is filled up. */
function endOf(header: Uint8Array): number {
  let end = header.length;
  while (header[end - 1] === BLANK) end--;
  return end;
}
