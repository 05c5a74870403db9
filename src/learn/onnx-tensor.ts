/** Reads the tensors of an ONNX file, inside it or beside it. */
import { ConfigError, ShapeError } from '../errors.js';
import type { OnnxTensor } from './onnx-model.js';
import {
  bytesOf,
  integerOf,
  pushFloats,
  pushIntegers,
  safeInteger,
  textOf,
  type WireField,
  wireFields,
} from './wire-reader.js';

/**
 * Gives `length` bytes of a file beside the model, from `offset` on. `location` is a relative path with `/`
 * that does not leave the model's folder by its text; links are the caller's to check.
 */
export type ExternalData = (location: string, offset: number, length: number) => Uint8Array;

/** Numbers of the fields of `TensorProto`. */
const DIMS = 1;
const DATA_TYPE = 2;
const SEGMENT = 3;
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const INT64_DATA = 7;
const NAME = 8;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;

const MAX_RANK = 32;

/** Element types by their numbers: those that can be read, and the names of the others. */
const TYPES: Readonly<Record<number, 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string'>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
};
const OTHER_TYPES: Readonly<Record<number, string>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  10: 'float16',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};
const WIDTH = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 } as const;
const TYPED_FIELD = {
  float32: FLOAT_DATA,
  float64: DOUBLE_DATA,
  int32: INT32_DATA,
  int64: INT64_DATA,
  bool: INT32_DATA,
} as const;

type NumberType = keyof typeof WIDTH;

/**
 * Decodes one tensor. Doubles that are exact as floats are taken as such.
 *
 * @param bytes a `TensorProto`
 * @throws {ConfigError} for an element type that is not read, or data beside the model that cannot be had.
 * @throws {ShapeError} when data and sizes differ.
 */
export function decodeTensor(
  bytes: Uint8Array,
  where: string,
  externalData: ExternalData | undefined,
): { name: string; tensor: OnnxTensor } {
  const shape: number[] = [];
  const entries: Uint8Array[] = [];
  let [name, dataType, external] = ['', 0, false];
  let raw: Uint8Array | undefined;
  for (const field of wireFields(bytes, where)) {
    if (field.number === DIMS) pushIntegers(field, shape);
    else if (field.number === DATA_TYPE) dataType = integerOf(field);
    else if (field.number === NAME) name = textOf(field);
    else if (field.number === RAW_DATA) raw = bytesOf(field);
    else if (field.number === EXTERNAL_DATA) entries.push(bytesOf(field));
    else if (field.number === DATA_LOCATION) external = integerOf(field) === 1;
    else if (field.number === SEGMENT) throw new ConfigError(`${where} must be whole, got a segment`);
  }
  const place = name === '' ? where : `tensor "${name}"`;
  const dtype = TYPES[dataType];
  if (!dtype) {
    throw new ConfigError(
      `${place} must hold float32, int32, int64 or bool, got ${OTHER_TYPES[dataType] ?? `type ${dataType}`}`,
    );
  }
  const count = checkedCount(shape, place);
  if (dtype === 'string') return { name, tensor: { dtype, shape } };
  if (external) raw = loadExternal(entries, count * WIDTH[dtype], place, externalData);
  const data = raw ? rawNumbers(raw, dtype, count, place) : typedNumbers(bytes, dtype, count, place);
  return { name, tensor: tensorOf(dtype, shape, data, place) };
}

function checkedCount(shape: readonly number[], place: string): number {
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${place} must have at most ${MAX_RANK} axes, got ${shape.length}`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) {
    throw new ShapeError(`${place} must have sizes of 0 or more that can be held, got [${shape.join(', ')}]`);
  }
  return count;
}

function checkLength(actual: number, expected: number, unit: string, place: string): void {
  if (actual === expected) return;
  throw new ShapeError(`${place} must have ${expected} ${unit} for its sizes, got ${actual}`);
}

function rawNumbers(raw: Uint8Array, dtype: NumberType, count: number, place: string): ArrayLike<number> {
  checkLength(raw.length, count * WIDTH[dtype], 'bytes', place);
  const { buffer } = dtype === 'bool' ? raw : new Uint8Array(raw);
  if (dtype === 'float32') return new Float32Array(buffer);
  if (dtype === 'float64') return new Float64Array(buffer);
  if (dtype === 'int32') return new Int32Array(buffer);
  if (dtype === 'bool') return raw;
  return Array.from(new BigInt64Array(buffer), (value) => safeInteger(value, place));
}

function typedNumbers(bytes: Uint8Array, dtype: NumberType, count: number, place: string): number[] {
  const values: number[] = [];
  const read = (field: WireField) => {
    if (dtype === 'float32') pushFloats(field, 4, values);
    else if (dtype === 'float64') pushFloats(field, 8, values);
    else pushIntegers(field, values);
  };
  for (const field of wireFields(bytes, place)) if (field.number === TYPED_FIELD[dtype]) read(field);
  checkLength(values.length, count, 'elements', place);
  return values;
}

function tensorOf(dtype: NumberType, shape: number[], data: ArrayLike<number>, place: string): OnnxTensor {
  if (dtype === 'float32') {
    return { dtype, shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
  }
  if (dtype === 'float64') {
    const floats = Float32Array.from(data);
    const inexact = floats.findIndex((value, index) => !Object.is(value, data[index]));
    if (inexact >= 0) {
      throw new ConfigError(
        `${place} must hold float32, got the float64 ${data[inexact]}: convert the model`,
      );
    }
    return { dtype: 'float32', shape, data: floats };
  }
  const numbers = Array.from(data);
  return { dtype, shape, data: dtype === 'bool' ? numbers.map((value) => Number(value !== 0)) : numbers };
}

function loadExternal(
  entries: readonly Uint8Array[],
  byteLength: number,
  place: string,
  externalData: ExternalData | undefined,
): Uint8Array {
  const settings = new Map<string, string>();
  for (const entry of entries) {
    let [key, value] = ['', ''];
    for (const field of wireFields(entry, place)) {
      if (field.number === 1) key = textOf(field);
      else if (field.number === 2) value = textOf(field);
    }
    settings.set(key, value);
  }
  const location = checkedLocation(settings.get('location') ?? '', place);
  const offset = checkedNumber(settings.get('offset') ?? '0', 'offset', place);
  const stated = settings.get('length');
  if (stated !== undefined) checkLength(checkedNumber(stated, 'length', place), byteLength, 'bytes', place);
  if (!externalData) {
    throw new ConfigError(`externalData must be given, since ${place} lies in "${location}"`);
  }
  const bytes = externalData(location, offset, byteLength);
  checkLength(bytes.length, byteLength, 'bytes', place);
  return bytes;
}

function checkedNumber(text: string, what: string, place: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ConfigError(`${place} must have an integer as the ${what} of its external data, got "${text}"`);
}

/** A relative path below the model's folder; nothing that any system reads as leading elsewhere. */
function checkedLocation(location: string, place: string): string {
  const parts = location.split('/');
  const escapes = parts.some((part) => part === '' || part === '..') || /[\\:\0]/.test(location);
  if (!escapes) return location;
  throw new ConfigError(`${place} must have its external data below the model's folder, got "${location}"`);
}
