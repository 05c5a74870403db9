import { createHash, createPublicKey, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { afterEach, expect, test, vi } from 'vitest';
import { thumbprintInput } from '../protocol/signer.js';
import { createSigner, generateKey, type StoredKey } from './web-crypto-signer.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** As a browser does whose WebCrypto has no Ed25519. */
function withoutEd25519() {
  const refusal = new DOMException('Algorithm: Unrecognized name', 'NotSupportedError');
  return vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(refusal);
}

const bytes = new TextEncoder().encode('what is signed');

function verifiedByNode(publicKey: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, bytes, key, signature);
}

test.each(['web-crypto', 'bytes'])(
  'a key of the kind %s signs what all verify, and survives storage',
  async (type) => {
    const noEd25519 = type === 'bytes' ? withoutEd25519() : undefined;
    const key = await generateKey();
    expect(key.type).toBe(type);
    noEd25519?.mockRestore();

    // What IndexedDB does with it.
    const signer = await createSigner(structuredClone(key));
    expect(signer.publicKey).toEqual(key.publicKey);
    expect(signer.keyId).toBe(
      createHash('sha256').update(thumbprintInput(key.publicKey)).digest('base64url'),
    );
    const signature = await signer.sign(bytes);
    expect(signature).toHaveLength(64);
    expect(verifiedByNode(key.publicKey, signature)).toBe(true);
    expect(ed25519.verify(signature, bytes, key.publicKey)).toBe(true);
    const publicKey = await crypto.subtle.importKey('raw', key.publicKey.slice(), 'Ed25519', true, [
      'verify',
    ]);
    expect(await crypto.subtle.verify('Ed25519', publicKey, signature.slice(), bytes)).toBe(true);
    const [first = 0, ...rest] = signature;
    expect(ed25519.verify(Uint8Array.of(first ^ 1, ...rest), bytes, key.publicKey)).toBe(false);
  },
);

test('keeps the private key from scripts unless asked', async () => {
  const privateKeyOf = (key: StoredKey) => {
    if (key.type !== 'web-crypto') throw new Error(`key must be of the platform, got ${key.type}`);
    return key.privateKey;
  };
  const closed = privateKeyOf(await generateKey());
  await expect(crypto.subtle.exportKey('pkcs8', closed)).rejects.toThrow(/extractable/);
  const open = privateKeyOf(await generateKey({ extractable: true }));
  expect((await crypto.subtle.exportKey('pkcs8', open)).byteLength).toBe(48);
});

test('makes no key of bytes when the platform fails otherwise', async () => {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new DOMException('no entropy', 'OperationError'));
  await expect(generateKey()).rejects.toThrow('no entropy');
});

test('says that a page must be a secure context', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => {} });
  await expect(generateKey()).rejects.toThrow(
    'a key needs a secure context: open the page over https or on localhost',
  );
});
