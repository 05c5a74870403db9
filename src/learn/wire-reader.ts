/** Reads the wire format of protocol buffers from files of unknown origin: nothing is read past the end. */
import { ConfigError } from '../errors.js';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Seven bits a byte: as many bytes as fit a number exactly. */
const EXACT_BYTES = 7;
const MAX_VARINT_BYTES = 10;
const INT64_MAX = 2n ** 63n - 1n;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One field of a message; its payload is a view on the file. */
export interface WireField {
  readonly number: number;
  readonly type: 0 | 1 | 2 | 5;
  readonly payload: Uint8Array;
  /** Where it stands, for messages: "the graph". */
  readonly where: string;
}

/**
 * The fields of one message, in their order.
 *
 * @param where what the message is called in errors
 * @throws {ConfigError} when a field runs past the end, or has a number or a type that the format lacks.
 */
export function* wireFields(bytes: Uint8Array, where: string): Generator<WireField> {
  let at = 0;
  while (at < bytes.length) {
    const keyEnd = varintEnd(bytes, at, where);
    const key = varintValue(bytes, at, keyEnd, where);
    const [number, type] = [Math.floor(key / 8), key & 7];
    if (number < 1 || number >= 2 ** 29) refuse(where, `a field of number ${number}`);
    let start = keyEnd;
    let length: number;
    if (type === VARINT) length = varintEnd(bytes, start, where) - start;
    else if (type === FIXED_32) length = 4;
    else if (type === FIXED_64) length = 8;
    else if (type === LENGTH_DELIMITED) {
      start = varintEnd(bytes, keyEnd, where);
      length = varintValue(bytes, keyEnd, start, where);
    } else return refuse(where, `a field of wire type ${type}`);
    const left = bytes.length - start;
    if (length < 0 || length > left) refuse(where, `a field of ${length} bytes where ${left} are left`);
    yield { number, type, payload: bytes.subarray(start, start + length), where };
    at = start + length;
  }
}

/**
 * The signed integer of a field.
 *
 * @throws {ConfigError} when it is no integer, or beyond the safe integers.
 */
export function integerOf({ type, payload, where }: WireField): number {
  if (type !== VARINT) refuse(where, 'another type where an integer belongs');
  return varintValue(payload, 0, payload.length, where);
}

/** Adds the integers of a repeated field, packed or not, to `into`. */
export function pushIntegers({ type, payload, where }: WireField, into: number[]): void {
  if (type !== VARINT && type !== LENGTH_DELIMITED) refuse(where, 'another type where integers belong');
  for (let at = 0; at < payload.length; ) {
    const end = varintEnd(payload, at, where);
    into.push(varintValue(payload, at, end, where));
    at = end;
  }
}

/** Adds the 32-bit floats (or, of fields of 64 bits, doubles) of a repeated field, packed or not, to `into`. */
export function pushFloats({ type, payload, where }: WireField, width: 4 | 8, into: number[]): void {
  const single = width === 4 ? FIXED_32 : FIXED_64;
  if ((type !== single && type !== LENGTH_DELIMITED) || payload.length % width !== 0) {
    refuse(where, `another type where ${width * 8}-bit floats belong`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  for (let at = 0; at < payload.length; at += width) {
    into.push(width === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
  }
}

/** The bytes of a field that holds bytes, a text or a message. */
export function bytesOf({ type, payload, where }: WireField): Uint8Array {
  if (type !== LENGTH_DELIMITED) refuse(where, 'another type where text or a message belongs');
  return payload;
}

/**
 * The text of a field.
 *
 * @throws {ConfigError} when it is not UTF-8.
 */
export function textOf(field: WireField): string {
  const bytes = bytesOf(field);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ConfigError(`bytes must be an ONNX model, got text that is not UTF-8 in ${field.where}`, {
      cause,
    });
  }
}

/**
 * A 64-bit integer as a number. The largest and the smallest, which exporters write for "to the end", become
 * the largest and smallest safe integers.
 *
 * @throws {ConfigError} for others beyond the safe integers.
 */
export function safeInteger(value: bigint, where: string): number {
  if (value === INT64_MAX) return Number.MAX_SAFE_INTEGER;
  if (value <= 1n - INT64_MAX) return Number.MIN_SAFE_INTEGER;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : refuse(where, `the integer ${value}, which is too large`);
}

function varintEnd(bytes: Uint8Array, start: number, where: string): number {
  for (let at = start; at < start + MAX_VARINT_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) refuse(where, 'an integer that runs past the end');
    if ((byte as number) < 128) return at + 1;
  }
  return refuse(where, `an integer of more than ${MAX_VARINT_BYTES} bytes`);
}

function varintValue(bytes: Uint8Array, start: number, end: number, where: string): number {
  if (end - start <= EXACT_BYTES) {
    let value = 0;
    for (let at = end - 1; at >= start; at--) value = value * 128 + ((bytes[at] as number) & 127);
    return value;
  }
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt((bytes[at] as number) & 127);
  return safeInteger(BigInt.asIntN(64, value), where);
}

function refuse(where: string, got: string): never {
  throw new ConfigError(`bytes must be an ONNX model, got ${got} in ${where}`);
}
