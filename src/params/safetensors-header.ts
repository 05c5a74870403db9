/** The header of a safetensors file: JSON that says where each tensor lies, written and checked here. */
import { ProtocolError, ShapeError } from '../errors.js';
import type { ParamSpec } from './layout.js';

/** The largest header that readers of the format accept, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** A file begins with the length of its header: 8 bytes, little-endian. */
export const LENGTH_BYTES = 8;

/** What a header says: tensors in the order of their data, and how many bytes of data they take together. */
export interface SafetensorsHeader {
  readonly tensors: readonly ParamSpec[];
  readonly metadata: Record<string, string>;
  /** Whether it has any, be it empty. */
  readonly hasMetadata: boolean;
  readonly dataBytes: number;
}

interface TensorInfo extends ParamSpec {
  readonly begin: number;
  readonly end: number;
}

/**
 * The header of float32 tensors that lie one after another, padded with spaces to a multiple of 8 bytes, byte
 * by byte as the official writer does. Metadata is sorted by key, so that equal content gives equal bytes.
 *
 * @throws {ShapeError} when a name or the metadata cannot be written.
 */
export function writeHeader(tensors: readonly ParamSpec[], metadata: Record<string, string>): Uint8Array {
  const members: string[] = [];
  const notes = Object.entries(metadata).toSorted(([a], [b]) => compareNames(a, b));
  if (notes.length > 0) {
    const pairs = notes.map(([key, value]) => `${writeText(key)}:${writeText(value)}`);
    members.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let offset = 0;
  // Written by hand: a JavaScript object would move names like "0" to the front.
  for (const { name, shape } of tensors) {
    if (name === '__metadata__') throw new ShapeError('parameter names must not be "__metadata__"');
    const end = offset + 4 * shape.reduce((product, size) => product * size, 1);
    members.push(
      `${writeText(name)}:{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  if (header.length > MAX_HEADER_BYTES) {
    throw new ShapeError(
      `safetensors header must have at most ${MAX_HEADER_BYTES} bytes, got ${header.length}`,
    );
  }
  header.set(json);
  return header;
}

/** Orders names as their UTF-8 bytes do, which for characters beyond U+FFFF is not how JavaScript compares. */
export function compareNames(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = codeUnitRank(a.charCodeAt(i)) - codeUnitRank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function codeUnitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function writeText(text: string): string {
  if (hasLoneSurrogate(text)) throw new ShapeError(`names must be well-formed Unicode, got ${quote(text)}`);
  return JSON.stringify(text);
}

/**
 * How long the header is, in bytes, from the first bytes of a file.
 *
 * @param mostBytes the largest length that is accepted; never more than `MAX_HEADER_BYTES`
 * @throws {ProtocolError} when there are fewer than 8 bytes, or the header is longer.
 */
export function readHeaderLength(bytes: Uint8Array, mostBytes: number): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new ProtocolError(
      `a safetensors file must have ${LENGTH_BYTES} bytes or more, got ${bytes.length}`,
    );
  }
  const limit = Math.min(MAX_HEADER_BYTES, mostBytes);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(limit)) {
    throw new ProtocolError(`safetensors header length must be at most ${limit}, got ${length}`);
  }
  return Number(length);
}

/**
 * Reads and checks the bytes of a header, without its length: names, types, and that the tensors lie one after
 * another, without overlap or hole. That there are `dataBytes` bytes of data is for the caller to check.
 *
 * @throws {ProtocolError} when anything is not as the format demands, or a tensor is not float32.
 */
export function parseHeader(bytes: Uint8Array): SafetensorsHeader {
  const { __metadata__, ...infos } = parseJson(bytes);
  const tensors = Object.entries(infos).map(([name, info]) => readTensorInfo(name, info));
  // An empty tensor begins where the next one does, and comes first.
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) {
      throw new ProtocolError(
        `safetensors tensor ${quote(name)} must begin at byte ${covered}, got ${begin}`,
      );
    }
    covered = end;
  }
  const hasMetadata = __metadata__ !== undefined;
  const metadata = hasMetadata ? readMetadata(__metadata__) : {};
  return {
    tensors: tensors.map(({ name, shape }) => ({ name, shape })),
    ...{ metadata, hasMetadata, dataBytes: covered },
  };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('safetensors header must be JSON in UTF-8, got something else', { cause });
  }
  if (bytes[0] !== 0x7b || !isObject(header)) {
    throw new ProtocolError(
      `safetensors header must be a JSON object from its first byte, got ${quote(text)}`,
    );
  }
  let members = Object.keys(header).length;
  for (const value of Object.values(header)) if (isObject(value)) members += Object.keys(value).length;
  if (countMembers(text) !== members) {
    throw new ProtocolError('safetensors header must hold every name once, got a name twice');
  }
  return header;
}

/**
 * How many members are written in the first two levels of objects in a valid JSON text: one colon each.
 * JSON.parse keeps only the last member of a name, so duplicates show in the count alone.
 */
function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
    } else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === ':' && depth <= 2) members++;
  }
  return members;
}

function readTensorInfo(name: string, info: unknown): TensorInfo {
  const tensor = `safetensors tensor ${quote(name)}`;
  if (name === '' || hasLoneSurrogate(name)) {
    throw new ProtocolError(`safetensors names must be well-formed and not empty, got ${quote(name)}`);
  }
  if (!isObject(info))
    throw new ProtocolError(`${tensor} must be described by an object, got ${quote(info)}`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (dtype !== 'F32') throw new ProtocolError(`${tensor} must have dtype F32, got ${quote(dtype)}`);
  if (!isSizes(shape)) {
    throw new ProtocolError(`${tensor} must have a shape of non-negative integers, got ${quote(shape)}`);
  }
  let byteLength = 4;
  for (const size of shape) {
    byteLength *= size;
    if (!Number.isSafeInteger(byteLength)) {
      throw new ProtocolError(`${tensor} must have fewer than 2^53 bytes, got shape ${quote(shape)}`);
    }
  }
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end - begin !== byteLength) {
    throw new ProtocolError(
      `${tensor} must have data_offsets ${byteLength} bytes apart, got ${quote(offsets)}`,
    );
  }
  return { name, shape, begin, end };
}

function readMetadata(metadata: unknown): Record<string, string> {
  if (!isObject(metadata)) {
    throw new ProtocolError(`safetensors __metadata__ must be an object, got ${quote(metadata)}`);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new ProtocolError(`safetensors __metadata__ ${quote(key)} must be a string, got ${quote(value)}`);
    }
  }
  return metadata as Record<string, string>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** JSON of what came, cut short: a hostile file must not fill the log. */
function quote(value: unknown): string {
  if (typeof value === 'string' && value.length > 80) return `${JSON.stringify(value.slice(0, 80))}...`;
  let json: string;
  try {
    json = JSON.stringify(value) ?? 'nothing';
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify has stack for.
    return 'a deeply nested value';
  }
  return json.length > 80 ? `${json.slice(0, 80)}...` : json;
}
