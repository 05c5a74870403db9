/** SHA-256 by WebCrypto, which Node and browsers have. */
import { ConfigError } from '../errors.js';
import { toHex } from './hex.js';

/**
 * The SHA-256 of bytes, hexadecimal, lower-case.
 *
 * @throws {ConfigError} on a page that is no secure context: browsers have no WebCrypto there.
 */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle: typeof globalThis.crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (!subtle)
    throw new ConfigError('the page must come over https or from localhost: it has no WebCrypto otherwise');
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
}
