/**
 * A client's key where there are no files: made by the platform's WebCrypto, kept by whoever asked for it.
 *
 * The private half is a `CryptoKey` that scripts can use but not read, so that a script that gets into the page
 * once cannot carry the client's identity away. IndexedDB keeps such keys. A platform whose WebCrypto has no
 * Ed25519 (Chrome before 137, Firefox before 129) gets `@noble/curves` (audited): its key is bytes that scripts
 * can read.
 */
import { ConfigError } from '../errors.js';
import { encodeBase64Url } from '../protocol/base64.js';
import { type Signer, thumbprintInput } from '../protocol/signer.js';

type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key pair as structured clone (IndexedDB, `postMessage`) can carry it. */
export type StoredKey =
  | { readonly type: 'web-crypto'; readonly publicKey: Uint8Array; readonly privateKey: CryptoKey }
  /** `secretKey`: the 32 bytes of RFC 8032, section 5.1.5. */
  | { readonly type: 'bytes'; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };

/**
 * Makes a key pair by the platform's own randomness.
 *
 * @param options `extractable`: whether scripts may read the private key (default: no, where WebCrypto has Ed25519)
 * @throws {ConfigError} when the page is not a secure context: browsers then have no WebCrypto.
 */
export async function generateKey({ extractable = false } = {}): Promise<StoredKey> {
  const subtle = subtleCrypto();
  try {
    const pair = await subtle.generateKey(ED25519, extractable, ['sign', 'verify']);
    const { privateKey, publicKey } = pair as Record<'privateKey' | 'publicKey', CryptoKey>;
    return {
      type: 'web-crypto',
      privateKey,
      publicKey: new Uint8Array(await subtle.exportKey('raw', publicKey)),
    };
  } catch (cause) {
    if ((cause as Error | null)?.name !== 'NotSupportedError') throw cause;
    const { ed25519 } = await import('@noble/curves/ed25519.js');
    return { type: 'bytes', ...ed25519.keygen() };
  }
}

/**
 * The signer of a stored key.
 *
 * @throws {ConfigError} as `generateKey`.
 */
export async function createSigner(key: StoredKey): Promise<Signer> {
  const thumbprint = await subtleCrypto().digest('SHA-256', thumbprintInput(key.publicKey));
  return {
    keyId: encodeBase64Url(new Uint8Array(thumbprint)),
    publicKey: key.publicKey,
    sign: await signWith(key),
  };
}

const ED25519 = { name: 'Ed25519' } as const;

async function signWith(key: StoredKey): Promise<Signer['sign']> {
  if (key.type === 'web-crypto') {
    const { privateKey } = key;
    return async (bytes) => new Uint8Array(await subtleCrypto().sign(ED25519, privateKey, bytes.slice()));
  }
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  return async (bytes) => ed25519.sign(bytes, key.secretKey);
}

function subtleCrypto() {
  const subtle: typeof crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (!subtle)
    throw new ConfigError('a key needs a secure context: open the page over https or on localhost');
  return subtle;
}
