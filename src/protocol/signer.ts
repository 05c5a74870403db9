/** Who signs: an Ed25519 key, wherever it is kept, and how it signs a request. */
import { ConfigError } from '../errors.js';
import { encodeBase64Url } from './base64.js';
import type { HeaderFields, RequestHead } from './http.js';
import {
  componentsOf,
  NONCE_BYTES,
  type SignatureParams,
  signatureBase,
  signatureFields,
  signatureInput,
} from './signature.js';

/** A key pair that can sign; the private half stays inside. */
export interface Signer {
  /** The JWK thumbprint (RFC 7638) of the key, base64url: the client's name on the wire. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519 (RFC 8032): 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Bytes of an Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

/** The bytes whose SHA-256, in base64url, is the `keyId` of a public key (RFC 7638, section 3; RFC 8037, appendix A.3). */
export function thumbprintInput(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new ConfigError(`publicKey must be ${PUBLIC_KEY_BYTES} bytes, got ${publicKey.length}`);
  }
  return encoder.encode(`{"crv":"Ed25519","kty":"OKP","x":"${encodeBase64Url(publicKey)}"}`);
}

/**
 * The headers of a request and its signature. A signature that the headers already have is replaced.
 *
 * @param head as it will be sent: with `content-length` and the digest where there is a body
 * @param once `created` in whole seconds since 1970 by the server's clock; `nonce`: 16 random bytes of this
 *   request alone
 * @throws {ConfigError} when these or the head are not as above.
 */
export async function signRequest(
  head: RequestHead,
  signer: Signer,
  { created, nonce }: Omit<SignatureParams, 'keyId'>,
): Promise<HeaderFields> {
  if (!Number.isSafeInteger(created) || created < 1) {
    throw new ConfigError(`created must be whole seconds since 1970, got ${created}`);
  }
  if (nonce.length !== NONCE_BYTES) {
    throw new ConfigError(`nonce must be ${NONCE_BYTES} bytes, got ${nonce.length}`);
  }
  const components = componentsOf(head);
  for (const name of components) {
    if (!name.startsWith('@') && head.headers[name] === undefined) {
      throw new ConfigError(`a request with a body must have ${name} to be signed, got none`);
    }
  }
  const input = signatureInput(components, { created, nonce, keyId: signer.keyId });
  const signature = await signer.sign(encoder.encode(signatureBase(head, components, input)));
  return { ...head.headers, ...signatureFields(input, signature) };
}

const encoder = new TextEncoder();
