import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from './base64.js';

test('encodes any bytes as Node does, and decodes them back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const standard = Buffer.from(bytes).toString('base64');
      const urlSafe = Buffer.from(bytes).toString('base64url');
      expect(encodeBase64(bytes)).toBe(standard);
      expect(encodeBase64Url(bytes)).toBe(urlSafe);
      expect(decodeBase64(standard)).toEqual(Uint8Array.from(bytes));
      expect(decodeBase64Url(urlSafe)).toEqual(Uint8Array.from(bytes));
    }),
  );
});

test.each(['QQ', 'QQ=', 'Q===', 'QR==', 'QUJ=', 'Q Q=', 'QQ==QQ==', 'QQ=A', '_w==', 'Qé==', '===='])(
  'is not base64: %s',
  (text) => expect(decodeBase64(text)).toBeNull(),
);

test.each(['QQ==', 'Q', 'QR', 'QUJ', '/w', 'Q\n'])('is not base64url: %s', (text) => {
  expect(decodeBase64Url(text)).toBeNull();
});

test('decodes any text to nothing or to what encodes to the same text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = decodeBase64(text);
      if (bytes) expect(encodeBase64(bytes)).toBe(text);
      const other = decodeBase64Url(text);
      if (other) expect(encodeBase64Url(other)).toBe(text);
    }),
  );
});
