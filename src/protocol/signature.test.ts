import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { parseDictionary, serializeDictionary } from 'structured-headers';
import { expect, test } from 'vitest';
import type { RequestHead } from './http.js';
import { componentsOf, signatureBase, signatureFields, signatureInput } from './signature.js';

/** RFC 9421, section 2 and appendix B.2. */
const head: RequestHead = {
  method: 'POST',
  target: '/foo?param=Value&Pet=dog',
  authority: 'example.com',
  headers: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'content-length': '18',
  },
};

test('makes the signature base of RFC 9421, section 2.5', () => {
  const components = ['@method', '@authority', '@path', 'content-digest', 'content-length', 'content-type'];
  const input =
    '("@method" "@authority" "@path" "content-digest" "content-length" "content-type")' +
    ';created=1618884473;keyid="test-key-rsa-pss"';
  const digest = createHash('sha512').update('{"hello": "world"}').digest('base64');
  expect(signatureBase(head, components, input)).toBe(
    [
      '"@method": POST',
      '"@authority": example.com',
      '"@path": /foo',
      `"content-digest": sha-512=:${digest}:`,
      '"content-length": 18',
      '"content-type": application/json',
      `"@signature-params": ${input}`,
    ].join('\n'),
  );
});

test('makes the signature of RFC 9421, appendix B.2.6', () => {
  const key = createPrivateKey(
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n',
  );
  const publicKey = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n',
  );
  const input =
    '("date" "@method" "@path" "@authority" "content-type" "content-length")' +
    ';created=1618884473;keyid="test-key-ed25519"';
  const components = ['date', '@method', '@path', '@authority', 'content-type', 'content-length'];
  const base = Buffer.from(signatureBase(head, components, input));
  const signature = sign(null, base, key);
  expect(signature.toString('base64')).toBe(
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  );
  expect(verify(null, base, publicKey, signature)).toBe(true);
});

test('takes path and query apart as RFC 9421, section 2.2.6 and 2.2.7 do', () => {
  const lines = (target: string) =>
    signatureBase({ ...head, target }, ['@path', '@query'], '()')
      .split('\n')
      .slice(0, 2);
  expect(lines('/path?param=value&foo=bar&baz=bat%2Dman')).toEqual([
    '"@path": /path',
    '"@query": ?param=value&foo=bar&baz=bat%2Dman',
  ]);
  expect(lines('/path')).toEqual(['"@path": /path', '"@query": ?']);
  expect(lines('/path?')).toEqual(['"@path": /path', '"@query": ?']);
  expect(lines('?queryString')).toEqual(['"@path": /', '"@query": ?queryString']);
  expect(lines('/a?b?c=/d')).toEqual(['"@path": /a', '"@query": ?b?c=/d']);
});

test('covers what a request has, and a digest and the length of its body always', () => {
  const derived = ['@method', '@authority', '@path', '@query'];
  const components = (headers: Record<string, string>) => componentsOf({ headers }).slice(derived.length);
  expect(componentsOf({ headers: {} })).toEqual(derived);
  expect(components({ accept: 'a', 'tessera-protocol': '1.0' })).toEqual(['tessera-protocol']);
  expect(components({ 'content-length': '0' })).toEqual([]);
  expect(components({ 'content-length': '5' })).toEqual(['content-digest', 'content-length']);
  expect(components({ 'transfer-encoding': 'chunked' })).toEqual(['content-digest', 'content-length']);
  expect(components({ 'content-length': '5', 'repr-digest': 'a', 'upload-offset': '7' })).toEqual([
    'repr-digest',
    'upload-offset',
    'content-length',
  ]);
});

test('says which component a request lacks', () => {
  expect(() => signatureBase(head, ['@method', 'upload-offset'], '()')).toThrow(
    'the signature must cover upload-offset, which the request does not have',
  );
  expect(() => signatureBase(head, ['constructor'], '()')).toThrow('which the request does not have');
});

test('lets no value feign the line of another component', () => {
  const feigned = { ...head, target: '/foo\n"@query": ?admin=1' };
  expect(() => signatureBase(feigned, ['@path'], '()')).toThrow('@path must be printable ASCII to be signed');
});

test('writes what a library of structured fields would write', () => {
  const params = { created: 1618884473, nonce: new Uint8Array(16).fill(255), keyId: 'a'.repeat(43) };
  const input = signatureInput(['@method', 'content-digest'], params);
  const fields = signatureFields(input, new Uint8Array(64).fill(7));
  for (const value of Object.values(fields)) expect(serializeDictionary(parseDictionary(value))).toBe(value);
  expect(fields['signature-input']).toBe(
    'tessera=("@method" "content-digest");created=1618884473;nonce="_____________________w"' +
      `;keyid="${'a'.repeat(43)}";alg="ed25519";tag="tessera"`,
  );
});
