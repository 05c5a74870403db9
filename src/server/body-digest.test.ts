import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatDigest } from '../protocol/content-digest.js';
import { createDigestCheck } from './body-digest.js';

const bytes = Buffer.from('one two three');
const sha256 = createHash('sha256').update(bytes).digest();
const digest = formatDigest(sha256);

test('lets the body through that was signed, in any pieces', () => {
  for (const cut of [0, 5, bytes.length]) {
    const check = createDigestCheck({ 'content-digest': digest });
    check.update(bytes.subarray(0, cut));
    check.update(bytes.subarray(cut));
    expect(check.end()).toBeUndefined();
    expect(check.sha256).toBe(sha256.toString('hex'));
  }
});

test.each([
  ['another body', 'one two thief'],
  ['less of it', 'one two thre'],
  ['more of it', 'one two three '],
  ['none', ''],
])('refuses %s', (_, body) => {
  const check = createDigestCheck({ 'content-digest': digest });
  check.update(Buffer.from(body));
  expect(() => check.end()).toThrow(
    `the body must have the sha-256 ${sha256.toString('hex')} of content-digest, got `,
  );
});

test('checks all parts together by the digest of all', () => {
  const check = createDigestCheck({ 'repr-digest': digest });
  check.update(bytes);
  expect(check.end()).toBeUndefined();
  // Where there are both, that of this message counts.
  const both = createDigestCheck({
    'repr-digest': formatDigest(new Uint8Array(32)),
    'content-digest': digest,
  });
  both.update(bytes);
  expect(both.end()).toBeUndefined();
});

test('needs a digest', () => {
  expect(() => createDigestCheck({})).toThrow('a request with a body must have content-digest, got none');
  expect(() => createDigestCheck({ 'content-digest': 'md5=:AA==:' })).toThrow(
    'must hold a sha-256, got none',
  );
});
