/** `Content-Digest` and `Repr-Digest` (RFC 9530) by SHA-256: as text, and read back. */
import { parseDictionary } from 'structured-headers';
import { decodeBase64, encodeBase64 } from './base64.js';
import { Refusal } from './problem.js';

/** The field that says what the bytes of this message are. */
export const CONTENT_DIGEST_FIELD = 'content-digest';

/** The field that says what all bytes are, of which this message may carry a part. */
export const REPR_DIGEST_FIELD = 'repr-digest';

const SHA256_BYTES = 32;

/** Room for the digests of all registered algorithms together. */
const MAX_DIGEST_LENGTH = 1024;

/** The form that our own clients send; it needs no parser. */
const ONLY_SHA256 = /^sha-256=:([A-Za-z0-9+/]{43}=):$/;

/**
 * The value of a digest field.
 *
 * @param sha256 32 bytes
 */
export function formatDigest(sha256: Uint8Array): string {
  return `sha-256=:${encodeBase64(sha256)}:`;
}

/**
 * The SHA-256 in a digest field, 32 bytes. Other algorithms beside it are ignored.
 *
 * @param field its name, for the sentence
 * @throws {Refusal} 'bad-request' when it is no digest field, 'wrong-digest' when it has no SHA-256.
 */
export function parseDigest(field: string, value: string): Uint8Array<ArrayBuffer> {
  const text = ONLY_SHA256.exec(value)?.[1];
  const bytes = text === undefined ? otherForm(field, value) : decodeBase64(text);
  if (bytes?.length === SHA256_BYTES) return bytes;
  throw new Refusal('bad-request', `${field} must hold 32 bytes of sha-256 in base64`);
}

function otherForm(field: string, value: string): Uint8Array<ArrayBuffer> {
  if (value.length > MAX_DIGEST_LENGTH) {
    throw new Refusal(
      'bad-request',
      `${field} must be at most ${MAX_DIGEST_LENGTH} characters, got ${value.length}`,
    );
  }
  const digest = dictionaryOf(field, value).get('sha-256')?.[0];
  if (digest === undefined) throw new Refusal('wrong-digest', `${field} must hold a sha-256, got none`);
  if (digest instanceof ArrayBuffer) return new Uint8Array(digest);
  throw new Refusal('bad-request', `${field} must hold its sha-256 as bytes in base64 between colons`);
}

function dictionaryOf(field: string, value: string) {
  try {
    return parseDictionary(value);
  } catch (cause) {
    throw new Refusal('bad-request', `${field} must be a dictionary of digests (RFC 9530)`, { cause });
  }
}
