import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatDigest } from './content-digest.js';
import type { RequestHead } from './http.js';
import { parseSignature } from './parse-signature.js';
import { type Signer, signRequest, thumbprintInput } from './signer.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const rawKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
const signer: Signer = {
  keyId: createHash('sha256').update(thumbprintInput(rawKey)).digest('base64url'),
  publicKey: rawKey,
  sign: async (bytes) => sign(null, bytes, privateKey),
};
const once = { created: 1_800_000_000, nonce: Uint8Array.from({ length: 16 }, (_, index) => index) };
const body = '{"encodings":["float32"]}';
const head: RequestHead = {
  method: 'POST',
  target: '/v1/check-in?a=b',
  authority: 'localhost:8080',
  headers: {
    'content-digest': formatDigest(createHash('sha256').update(body).digest()),
    'content-length': String(body.length),
    'tessera-protocol': '1.0',
    accept: '*/*',
  },
};

test('names a key by its thumbprint of RFC 8037, appendix A.3', () => {
  const example = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url');
  expect(createHash('sha256').update(thumbprintInput(example)).digest('base64url')).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  );
});

test('signs a request so that it is read back and verified', async () => {
  const headers = await signRequest(head, signer, once);
  expect(headers).toMatchObject(head.headers);
  const parsed = parseSignature({ ...head, headers });
  expect(parsed).toMatchObject({ ...once, keyId: signer.keyId });
  expect(parsed.base.split('\n').map((line) => line.split(':')[0])).toEqual([
    '"@method"',
    '"@authority"',
    '"@path"',
    '"@query"',
    '"content-digest"',
    '"tessera-protocol"',
    '"content-length"',
    '"@signature-params"',
  ]);
  expect(verify(null, Buffer.from(parsed.base), publicKey, parsed.signature)).toBe(true);
});

test('replaces the signature of an earlier attempt', async () => {
  const first = await signRequest(head, signer, once);
  const again = await signRequest({ ...head, headers: first }, signer, {
    ...once,
    created: once.created + 5,
  });
  expect(parseSignature({ ...head, headers: again }).created).toBe(once.created + 5);
});

test('refuses to sign what the server would refuse', async () => {
  const bare = { ...head, headers: { 'content-length': '5' } };
  await expect(signRequest(bare, signer, once)).rejects.toThrow(
    'a request with a body must have content-digest to be signed, got none',
  );
  await expect(signRequest(head, signer, { ...once, created: 1.5 })).rejects.toThrow(
    'created must be whole seconds since 1970, got 1.5',
  );
  await expect(signRequest(head, signer, { ...once, nonce: new Uint8Array(8) })).rejects.toThrow(
    'nonce must be 16 bytes, got 8',
  );
});
