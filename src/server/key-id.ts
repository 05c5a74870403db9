/** What a client is called: its key's JWK thumbprint, as the server computes it. */
import { createHash } from 'node:crypto';
import { thumbprintInput } from '../protocol/signer.js';

/**
 * The name of a public key (RFC 7638; RFC 8037, appendix A.3), base64url.
 *
 * @param publicKey Ed25519, 32 bytes
 * @throws {ConfigError} when it has another length.
 */
export function keyIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(thumbprintInput(publicKey)).digest('base64url');
}
