/**
 * Reads a safetensors file that arrives in chunks of any size, straight into the buffer where the parameters belong.
 *
 * The bytes come from a stranger. A header is read only up to a bound; names, shapes, types and the place of every
 * tensor are checked before the first byte of data is taken, so that nothing is written but where the layout has it;
 * values are checked as they arrive; the first fault ends the file. Until `end` returns, `out` is not to be used.
 */
import { ConfigError, ProtocolError, ShapeError } from '../errors.js';
import { assertFinite } from './arithmetic.js';
import { createLayout, type Layout, type ParamSpec } from './layout.js';
import { LENGTH_BYTES, MAX_HEADER_BYTES, parseHeader, readHeaderLength } from './safetensors-header.js';
import { type KnownTensors, knownTensors, readKnownHeader, sortedByName } from './safetensors-known.js';
import { asFileFault, matchLayout } from './safetensors-match.js';

const DEFAULT_HEADER_BYTES = 2 ** 20;

/** Options of `createSafetensorsReader`. */
export interface SafetensorsReaderOptions {
  /** The longest header that is read, in bytes, up to 100 MB. Default: 1 MiB, or more where the layout needs it. */
  readonly maxHeaderBytes?: number;
  /** What the file is called in error messages. Default: `an update`. */
  readonly argument?: string;
  /** A faster way to do what `allFinite` does, for views of `out`. */
  readonly allFinite?: (values: Float32Array) => boolean;
}

/** Takes one file at a time. After a fault, every call but `reset` throws that fault again. */
export interface SafetensorsReader {
  /** How many bytes were pushed since the start or the last reset, those of a refused chunk not counted. */
  readonly receivedBytes: number;
  /**
   * Takes the next bytes of the file, which may be reused afterwards. Allocates nothing for data but views.
   *
   * @throws {ProtocolError} when the bytes break a rule of the format, or are more than the layout has room for.
   * @throws {ShapeError} when a parameter is missing, wrongly shaped or one too many, or an element is not finite.
   */
  push(chunk: Uint8Array): void;
  /**
   * Ends the file: now `out` holds all of it.
   *
   * @throws {ProtocolError} when bytes are missing.
   */
  end(): { readonly metadata: Record<string, string> };
  /** Makes ready for the next file, into the same `out`. */
  reset(): void;
}

/**
 * A reader of safetensors files with exactly the parameters of `layout`, in any order, all of them finite.
 *
 * @param out receives the elements, entry by entry as `layout` has them
 * @throws {ShapeError} when `out` has another size than the layout, or no file can hold its names.
 * @throws {ConfigError} when `maxHeaderBytes` is not a positive integer.
 */
export function createSafetensorsReader(
  layout: Layout,
  out: Float32Array,
  options: SafetensorsReaderOptions = {},
): SafetensorsReader {
  if (out.length !== layout.size) {
    throw new ShapeError(`out must have ${layout.size} elements like the layout, got ${out.length}`);
  }
  const orders = [layout.entries, sortedByName(layout)];
  const known = orders.map(knownTensors);
  const {
    argument = 'an update',
    maxHeaderBytes = defaultHeaderBytes(known[0] as KnownTensors),
    allFinite,
  } = options;
  if (!(Number.isSafeInteger(maxHeaderBytes) && maxHeaderBytes > 0)) {
    throw new ConfigError(`maxHeaderBytes must be a positive integer, got ${maxHeaderBytes}`);
  }
  const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  const knownPlaces = orders.map((order) => placesOf({ layout, argument }, order));
  const target = { layout, out, bytes, argument, maxHeaderBytes, allFinite, known, knownPlaces };
  let file = nothingYet();
  return {
    get receivedBytes() {
      return file.receivedBytes;
    },
    push(chunk) {
      if (file.fault !== undefined) throw file.fault;
      try {
        take(target, file, chunk);
      } catch (cause) {
        file.fault = asFileFault(cause, argument);
        throw file.fault;
      }
      file.receivedBytes += chunk.length;
    },
    end() {
      if (file.fault !== undefined) throw file.fault;
      const sentence = missing(target, file);
      if (sentence === undefined) return { metadata: file.metadata };
      file.fault = asFileFault(new ProtocolError(sentence), argument);
      throw file.fault;
    },
    reset() {
      file = nothingYet();
    },
  };
}

/** What stays the same from file to file. */
interface Target {
  readonly layout: Layout;
  readonly out: Float32Array;
  /** The bytes of `out`. */
  readonly bytes: Uint8Array;
  readonly argument: string;
  readonly maxHeaderBytes: number;
  readonly allFinite: ((values: Float32Array) => boolean) | undefined;
  /** As clients of ours write tensors: in the order of the layout, or by name as others do. */
  readonly known: readonly KnownTensors[];
  /** Where data goes after a header with these. */
  readonly knownPlaces: readonly (readonly Place[])[];
}

/** How much of a file has come. */
interface FileSoFar {
  receivedBytes: number;
  fault: unknown;
  readonly headerLength: Uint8Array;
  /** Absent until its length is known. */
  header: Uint8Array | undefined;
  /** How many bytes of `headerLength`, and then of `header`, have come. */
  filled: number;
  /** Where data goes, in the order of the file; absent until the header is whole. */
  places: readonly Place[] | undefined;
  metadata: Record<string, string>;
  /** The place that is being filled, and how many bytes of it have come. */
  current: number;
  done: number;
}

/** A tensor's place in the bytes of `out`, and where in the file's data it lies. */
interface Place {
  readonly start: number;
  readonly length: number;
  readonly inFile: number;
}

function nothingYet(): FileSoFar {
  return {
    receivedBytes: 0,
    fault: undefined,
    headerLength: new Uint8Array(LENGTH_BYTES),
    header: undefined,
    filled: 0,
    places: undefined,
    metadata: {},
    current: 0,
    done: 0,
  };
}

function take(target: Target, file: FileSoFar, chunk: Uint8Array): void {
  let used = 0;
  if (!file.header) {
    used = fill(file.headerLength, file, chunk, 0);
    if (file.filled < LENGTH_BYTES) return;
    file.header = new Uint8Array(readHeaderLength(file.headerLength, target.maxHeaderBytes));
    file.filled = 0;
  }
  if (!file.places) {
    used += fill(file.header, file, chunk, used);
    if (file.filled < file.header.length) return;
    readTensors(target, file, file.header);
  }
  if (file.places) takeData(target, file, file.places, chunk, used);
}

function readTensors(target: Target, file: FileSoFar, header: Uint8Array): void {
  for (const [index, known] of target.known.entries()) {
    const metadata = readKnownHeader(header, known);
    if (!metadata) continue;
    file.places = target.knownPlaces[index];
    file.metadata = metadata;
    return;
  }
  const { tensors, metadata } = parseHeader(header);
  file.places = placesOf(target, tensors);
  file.metadata = metadata;
}

/** Copies as much of the chunk, from byte `from` on, as `part` has room for, and says how much. */
function fill(part: Uint8Array, file: FileSoFar, chunk: Uint8Array, from: number): number {
  const count = Math.min(part.length - file.filled, chunk.length - from);
  part.set(chunk.subarray(from, from + count), file.filled);
  file.filled += count;
  return count;
}

function placesOf(
  { layout, argument }: Pick<Target, 'layout' | 'argument'>,
  tensors: readonly ParamSpec[],
): Place[] {
  const sources = matchLayout(layout, createLayout(tensors), argument);
  return layout.entries
    .map(({ offset, length }, index) => ({
      start: 4 * offset,
      length: 4 * length,
      inFile: 4 * sources[index]!.offset,
    }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.inFile - b.inFile);
}

function takeData(
  { out, bytes, argument, allFinite }: Target,
  file: FileSoFar,
  places: readonly Place[],
  chunk: Uint8Array,
  from: number,
): void {
  for (let used = from; used < chunk.length; ) {
    const place = places[file.current];
    if (!place) throw new ProtocolError(`safetensors data must have ${bytes.length} bytes, got more`);
    const count = Math.min(place.length - file.done, chunk.length - used);
    const start = place.start + file.done;
    bytes.set(chunk.subarray(used, used + count), start);
    // An element that the chunk's end cuts is checked when the rest of it has come.
    assertFinite(out.subarray(Math.floor(start / 4), Math.floor((start + count) / 4)), argument, allFinite);
    used += count;
    file.done += count;
    if (file.done < place.length) continue;
    file.current++;
    file.done = 0;
  }
}

function missing({ bytes }: Target, file: FileSoFar): string | undefined {
  const { header, filled, places } = file;
  if (!header) return `a safetensors file must have ${LENGTH_BYTES} bytes or more, got ${filled}`;
  if (!places) return `safetensors header must have ${header.length} bytes, got ${filled}`;
  if (file.current === places.length) return undefined;
  const got = file.receivedBytes - LENGTH_BYTES - header.length;
  return `safetensors data must have ${bytes.length} bytes, got ${got}`;
}

/** What the official writer needs for these tensors, with room to spare: other writers set blanks and write escapes. */
function defaultHeaderBytes({ length }: KnownTensors): number {
  return Math.min(MAX_HEADER_BYTES, Math.max(DEFAULT_HEADER_BYTES, 4 * length));
}
