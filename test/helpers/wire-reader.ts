/** Fields of protocol buffers by number, to check what the encoder wrote. */
import {
  bytesOf,
  integerOf,
  pushFloats,
  textOf,
  type WireField,
  wireFields,
} from '../../src/learn/wire-reader.js';

/** The integers of a repeated field. */
export function integersAt(bytes: Uint8Array, field: number): number[] {
  return fieldsAt(bytes, field).map(integerOf);
}

/** The texts of a repeated field. */
export function textsAt(bytes: Uint8Array, field: number): string[] {
  return fieldsAt(bytes, field).map(textOf);
}

/** The 32-bit floats of a repeated field. */
export function floatsAt(bytes: Uint8Array, field: number): number[] {
  const floats: number[] = [];
  for (const found of fieldsAt(bytes, field)) pushFloats(found, 4, floats);
  return floats;
}

/** The messages of a repeated field. */
export function bytesAt(bytes: Uint8Array, field: number): Uint8Array[] {
  return fieldsAt(bytes, field).map(bytesOf);
}

function fieldsAt(bytes: Uint8Array, number: number): WireField[] {
  return [...wireFields(bytes, 'the test')].filter((field) => field.number === number);
}
