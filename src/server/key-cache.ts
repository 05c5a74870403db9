/** Public keys as OpenSSL wants them: read once a client, then kept. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { encodeBase64Url } from '../protocol/base64.js';
import { keyIdOf } from './key-id.js';

/** Finds the key object of a client. */
export interface KeyCache {
  /** The key object, or null where `keyId` is not the name of `publicKey`. */
  get(keyId: string, publicKey: Uint8Array): KeyObject | null;
}

/**
 * A cache that lets the oldest key go when it is full.
 *
 * @param maxKeys about 1 KB each
 */
export function createKeyCache(maxKeys: number): KeyCache {
  const keys = new Map<string, KeyObject>();
  return {
    get(keyId, publicKey) {
      const known = keys.get(keyId);
      if (known) return known;
      // The name says which key it is: once checked, it stands for the key.
      if (keyIdOf(publicKey) !== keyId) return null;
      const x = encodeBase64Url(publicKey);
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      const [oldest] = keys.size >= maxKeys ? keys.keys() : [];
      if (oldest !== undefined) keys.delete(oldest);
      keys.set(keyId, key);
      return key;
    },
  };
}
