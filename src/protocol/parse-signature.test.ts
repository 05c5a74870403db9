import fc from 'fast-check';
import { serializeDictionary } from 'structured-headers';
import { expect, test } from 'vitest';
import type { RequestHead } from './http.js';
import { parseSignature } from './parse-signature.js';
import { Refusal } from './problem.js';
import { signatureFields, signatureInput } from './signature.js';

const params = { created: 1_800_000_000, nonce: new Uint8Array(16).fill(1), keyId: 'k'.repeat(43) };
const covered = ['@method', '@authority', '@path', '@query'];
const bare: RequestHead = { method: 'GET', target: '/v1/wake?wait=30', authority: 'localhost', headers: {} };

/** A head whose signature fields are those that our signer writes, changed by `change`. */
function headWith(
  change: (input: string, signature: string) => readonly [string, string],
  components = covered,
  headers: Record<string, string> = {},
): RequestHead {
  const fields = signatureFields(signatureInput(components, params), new Uint8Array(64));
  const [input, signature] = change(fields['signature-input'] ?? '', fields.signature ?? '');
  return { ...bare, headers: { ...headers, 'signature-input': input, signature } };
}

function refusalOf(head: RequestHead): readonly [string, string] | null {
  try {
    parseSignature(head);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return [error.problem, error.message];
    throw error;
  }
}

test('reads what a library of structured fields writes, in any order and under any label', () => {
  const inner = [...covered].reverse().map((name): [string, Map<string, string>] => [name, new Map()]);
  const all = new Map<string, string | number>([
    ['tag', 'tessera'],
    ['keyid', params.keyId],
    ['alg', 'ed25519'],
    ['nonce', 'AQEBAQEBAQEBAQEBAQEBAQ'],
    ['created', params.created],
  ]);
  const head: RequestHead = {
    ...bare,
    headers: {
      'signature-input': serializeDictionary(new Map([['sig-1', [inner, all]]])),
      signature: serializeDictionary(new Map([['sig-1', [new Uint8Array(64), new Map()]]])),
    },
  };
  const parsed = parseSignature(head);
  expect(parsed).toMatchObject({ ...params, signature: new Uint8Array(64) });
  expect(parsed.base).toMatch(/^"@query": \?wait=30\n"@path": \/v1\/wake\n/);
  expect(parsed.base.endsWith(`"@signature-params": ${head.headers['signature-input']?.slice(6)}`)).toBe(
    true,
  );
});

test('says that a request is not signed', () => {
  const notSigned = (field: string) => [
    'not-signed',
    `the request must be signed (RFC 9421), got no field ${field}`,
  ];
  expect(refusalOf(bare)).toEqual(notSigned('signature-input'));
  expect(refusalOf({ ...bare, headers: { 'signature-input': 'a' } })).toEqual(notSigned('signature'));
  expect(refusalOf({ ...bare, headers: { signature: 'a' } })).toEqual(notSigned('signature-input'));
});

const one = 'must hold exactly one signature';
const param = 'a parameter that is not read here or read before';

test.each<[string, (input: string, signature: string) => readonly [string, string], string]>([
  ['two signatures', (i, s) => [`${i}, b${i}`, `${s}, b${s}`], one],
  ['two inputs', (i, s) => [`${i}, b${i}`, s], one],
  ['two signatures for one input', (i, s) => [i, `${s}, b${s}`], one],
  ['the same signature twice', (i, s) => [`${i}, ${i}`, s], one],
  ['other labels', (i, s) => [i, `b${s}`], 'signature must have the label of signature-input, tessera'],
  ['an upper-case label', (i, s) => [`T${i}`, `T${s}`], one],
  ['a signature of 63 bytes', (i) => [i, `tessera=:${Buffer.alloc(63).toString('base64')}:`], one],
  ['a signature of no one form', (i) => [i, `tessera=:${'A'.repeat(85)}B==:`], '64 bytes in base64'],
  ['an endless signature', (i, s) => [i, s.replace(':', ':'.padEnd(200, 'A'))], 'at most 256 characters'],
  ['an endless input', (i, s) => [`${i};x="${'y'.repeat(800)}"`, s], 'at most 800 characters'],
  ['a space too many', (i, s) => [i.replace('" "', '"  "'), s], 'not known here'],
  ['a space before parameters', (i, s) => [i.replace(';alg', '; alg'), s], param],
  ['an unknown component', (i, s) => [i.replace('@query"', '@query" "cookie"'), s], 'covers cookie'],
  ['a component of the response', (i, s) => [i.replace('@query"', '@status"'), s], 'covers @status'],
  ['a component with a flag', (i, s) => [i.replace('@query"', '@query";req'), s], one],
  ['a component twice', (i, s) => [i.replace('@query"', '@query" "@path"'), s], 'cover @path once'],
  ['no components', (i, s) => [i.replace(/\(.*\)/, '()'), s], one],
  ['no parameters', (i, s) => [i.replace(/\).*/, ')'), s], param],
  ['no created', (i, s) => [i.replace(';created=1800000000', ''), s], 'must have the parameter created'],
  ['created with a fraction', (i, s) => [i.replace('1800000000', '1800000000.5'), s], param],
  ['created with a zero in front', (i, s) => [i.replace('1800000000', '01800000000'), s], param],
  ['created without end', (i, s) => [i.replace('1800000000', '9'.repeat(15)), s], param],
  ['created as text', (i, s) => [i.replace('1800000000', '"1800000000"'), s], param],
  ['no nonce', (i, s) => [i.replace(/;nonce="[^"]*"/, ''), s], 'must have the parameter nonce'],
  ['a short nonce', (i, s) => [i.replace(/;nonce="../, ';nonce="'), s], param],
  ['a nonce of no one form', (i, s) => [i.replace('AQ";keyid', 'AR";keyid'), s], 'nonce must be 16 bytes'],
  ['no keyid', (i, s) => [i.replace(/;keyid="[^"]*"/, ''), s], 'must have the parameter keyid'],
  ['a keyid that is a path', (i, s) => [i.replace('kkkkk"', '/../."'), s], param],
  ['another algorithm', (i, s) => [i.replace('ed25519', 'hmac-sha256'), s], param],
  ['no algorithm', (i, s) => [i.replace(';alg="ed25519"', ''), s], 'must have the parameter alg'],
  ['a signature for something else', (i, s) => [i.replace('tag="tessera"', 'tag="web-bot"'), s], param],
  ['no tag', (i, s) => [i.replace(';tag="tessera"', ''), s], 'must have the parameter tag'],
  ['a parameter twice', (i, s) => [`${i};alg="ed25519"`, s], param],
  ['an unknown parameter', (i, s) => [`${i};expires=1900000000`, s], param],
  ['a parameter of every object', (i, s) => [`${i};constructor=1`, s], param],
])('refuses %s', (_, change, sentence) => {
  const [problem, detail] = refusalOf(headWith(change)) ?? [];
  expect(problem).toBe('wrong-signature');
  expect(detail).toContain(sentence);
});

test.each(covered)('refuses a signature that does not cover %s', (missing) => {
  const head = headWith(
    (i, s) => [i, s],
    covered.filter((name) => name !== missing),
  );
  expect(refusalOf(head)).toEqual(['wrong-signature', `the signature must cover ${missing}`]);
});

test.each(['content-digest', 'repr-digest', 'upload-offset', 'tessera-protocol'])(
  'refuses a signature that does not cover the field %s of the request',
  (field) => {
    const headers = {
      'content-digest': 'a',
      'repr-digest': 'b',
      'upload-offset': '7',
      'tessera-protocol': '1.0',
    };
    const all = [...covered, ...Object.keys(headers)];
    expect(refusalOf(headWith((i, s) => [i, s], all, headers))).toBeNull();
    const fewer = all.filter((name) => name !== field);
    expect(refusalOf(headWith((i, s) => [i, s], fewer, headers))).toEqual([
      'wrong-signature',
      `the signature must cover ${field}`,
    ]);
  },
);

test('refuses a body without its digest or its length under the signature', () => {
  const withBody = (components: string[], headers: Record<string, string>) =>
    refusalOf(headWith((i, s) => [i, s], [...covered, ...components], headers))?.[1];
  const headers = { 'content-length': '5', 'content-digest': 'a' };
  expect(withBody(['content-digest', 'content-length'], headers)).toBeUndefined();
  expect(withBody(['content-digest'], headers)).toBe('the signature must cover content-length');
  expect(withBody(['content-length'], headers)).toBe('the signature must cover content-digest');
  expect(withBody(['content-length'], { 'content-length': '5' })).toBe(
    'the signature must cover content-digest',
  );
  expect(withBody(['content-digest', 'content-length'], { 'content-length': '5' })).toBe(
    'the signature must cover content-digest, which the request does not have',
  );
  const endless = { 'transfer-encoding': 'chunked', 'content-digest': 'a' };
  expect(withBody(['content-digest'], endless)).toBe('the signature must cover content-length');
});

test('answers any fields with a signature or a refusal', () => {
  const pieces = fc.constantFrom(
    'tessera=',
    '(',
    ')',
    '"@path"',
    ' ',
    ';',
    'created=1',
    '=:',
    ':',
    ',',
    '"',
    'é',
  );
  const anyField = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anyField, anyField, (input, signature) => {
      expect(refusalOf(headWith(() => [input, signature]))?.[0]).toBe('wrong-signature');
    }),
  );
});
