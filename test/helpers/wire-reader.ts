/** Reads protocol buffers, to check what the encoder wrote without its own code. */

/** One field: an integer, the four bytes of a float, or the bytes of a text or message. */
export interface WireField {
  readonly field: number;
  readonly value: bigint | Uint8Array;
}

/** The fields of one message, in their order. */
export function readWire(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a varint runs past the end');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('a field runs past the end');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const type = key & 7;
    if (type !== 0 && type !== 2 && type !== 5) throw new Error(`unknown wire type ${type}`);
    const value = type === 0 ? varint() : take(type === 5 ? 4 : Number(varint()));
    fields.push({ field: key >>> 3, value });
  }
  return fields;
}

/** The integers of a repeated field. */
export function integersAt(bytes: Uint8Array, field: number): number[] {
  return valuesAt(bytes, field).map(Number);
}

/** The texts of a repeated field. */
export function textsAt(bytes: Uint8Array, field: number): string[] {
  return bytesAt(bytes, field).map((value) => new TextDecoder().decode(value));
}

/** The 32-bit floats of a repeated field. */
export function floatsAt(bytes: Uint8Array, field: number): number[] {
  return bytesAt(bytes, field).map((value) =>
    new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true),
  );
}

/** The messages of a repeated field. */
export function bytesAt(bytes: Uint8Array, field: number): Uint8Array[] {
  return valuesAt(bytes, field).filter((value) => value instanceof Uint8Array);
}

function valuesAt(bytes: Uint8Array, field: number): WireField['value'][] {
  return readWire(bytes)
    .filter((entry) => entry.field === field)
    .map(({ value }) => value);
}
