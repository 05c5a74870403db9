/** Writes the wire format of protocol buffers, field by field. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** One message under construction. Field numbers are those of the schema. */
export interface WireWriter {
  /** A safe integer; negative ones as 64-bit two's complement. */
  integer(field: number, value: number): void;
  float(field: number, value: number): void;
  text(field: number, value: string): void;
  /** Bytes as they are; they must not change before `finish`. */
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (body: WireWriter) => void): void;
  finish(): Uint8Array;
}

export function createWireWriter(): WireWriter {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const push = (bytes: Uint8Array) => {
    chunks.push(bytes);
    size += bytes.length;
  };
  const bytesField = (field: number, bytes: Uint8Array) => {
    push(varint((field << 3) | LENGTH_DELIMITED));
    push(varint(bytes.length));
    push(bytes);
  };
  return {
    integer(field, value) {
      push(varint((field << 3) | VARINT));
      push(varint(value));
    },
    float(field, value) {
      push(varint((field << 3) | FIXED_32));
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setFloat32(0, value, true);
      push(bytes);
    },
    text(field, value) {
      bytesField(field, new TextEncoder().encode(value));
    },
    bytes: bytesField,
    message(field, write) {
      const body = createWireWriter();
      write(body);
      bytesField(field, body.finish());
    },
    finish() {
      const all = new Uint8Array(size);
      let offset = 0;
      for (const chunk of chunks) {
        all.set(chunk, offset);
        offset += chunk.length;
      }
      return all;
    },
  };
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
