/** Base64 and base64url (RFC 4648): strict, without a platform's own, which differ and forgive. */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;

const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

/** With padding, as structured fields have it (RFC 9651, section 3.3.5). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Without padding, as JSON Web Keys have it. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** The bytes, or null where the text is not padded base64 of any bytes in its one correct form. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode(text, text.length - padding, STANDARD_VALUES);
}

/** The bytes, or null where the text is not unpadded base64url of any bytes in its one correct form. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  return decode(text, text.length, URL_SAFE_VALUES);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (let index = 0; index < bytes.length; index++) {
    bits = ((bits << 8) | bytes[index]!) & 0xffff;
    for (count += 8; count >= 6; ) {
      count -= 6;
      text += alphabet[(bits >> count) & 63];
    }
  }
  return count > 0 ? text + alphabet[(bits << (6 - count)) & 63] : text;
}

/** Decodes the first `length` characters. */
function decode(text: string, length: number, values: Int8Array): Uint8Array<ArrayBuffer> | null {
  if (length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let count = 0;
  let written = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const value = code < 128 ? values[code]! : -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[written++] = bits >> count;
    }
  }
  // Bits that are left over are zero: else several texts would stand for the same bytes.
  return (bits & ((1 << count) - 1)) === 0 ? bytes : null;
}

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
  return values;
}
