/** Keys of clients that exist only for a measurement. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { thumbprintInput } from '../dist/protocol/signer.js';

/** A new key in memory. */
export function newSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
  return {
    keyId: createHash('sha256').update(thumbprintInput(bytes)).digest('base64url'),
    publicKey: bytes,
    sign: async (base) => sign(null, base, privateKey),
  };
}
