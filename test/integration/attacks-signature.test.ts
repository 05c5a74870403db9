/** Plays those who would act as a client, change what it sent, or send it again. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { encodeBase64 } from '../../src/protocol/base64.js';
import { formatDigest } from '../../src/protocol/content-digest.js';
import type { RequestHead } from '../../src/protocol/http.js';
import { Refusal } from '../../src/protocol/problem.js';
import { signatureBase, signatureFields, signatureInput } from '../../src/protocol/signature.js';
import { type Signer, signRequest } from '../../src/protocol/signer.js';
import { createDigestCheck } from '../../src/server/body-digest.js';
import { keyIdOf } from '../../src/server/key-id.js';
import { createVerifier, type KeyRecord, type VerifierOptions } from '../../src/server/verify-request.js';

const START = Date.UTC(2026, 10, 23, 12);
let now = START;
let records: Map<string, KeyRecord>;
beforeEach(() => {
  now = START + 100_000;
  records = new Map();
});

function createClient(status: KeyRecord['status'] = 'approved'): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = Uint8Array.from(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  const keyId = keyIdOf(bytes);
  records.set(keyId, { keyId, publicKey: bytes, status });
  return { keyId, publicKey: bytes, sign: async (data) => sign(null, data, privateKey) };
}

function createServer(options: Partial<VerifierOptions<KeyRecord>> = {}) {
  return createVerifier({
    now: () => now,
    startedAt: START,
    findKey: (keyId) => records.get(keyId),
    ...options,
  });
}

const body = '{"encodings":["float32"]}';

function headOf(text = body): RequestHead {
  return {
    method: 'POST',
    target: '/v1/check-in?try=1',
    authority: 'federation.example',
    headers: {
      'content-digest': formatDigest(createHash('sha256').update(text).digest()),
      'content-length': String(text.length),
      'tessera-protocol': '1.0',
      'upload-offset': '0',
    },
  };
}

/** Signs as our clients do, at the server's time unless said otherwise. */
async function signed(client: Signer, once: { aheadMs?: number; nonce?: Uint8Array } = {}, head = headOf()) {
  const created = Math.floor((now + (once.aheadMs ?? 0)) / 1000);
  const nonce = once.nonce ?? new Uint8Array(randomBytes(16));
  return { ...head, headers: await signRequest(head, client, { created, nonce }) };
}

function problemOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
}

test('lets a client through, and says which it is', async () => {
  const client = createClient();
  const server = createServer();
  expect(server.verify(await signed(client))).toBe(records.get(client.keyId));
  // The same words again, signed anew.
  expect(server.verify(await signed(client))).toBe(records.get(client.keyId));
});

test('refuses a request that is not signed', () => {
  expect(problemOf(() => createServer().verify(headOf()))).toBe('not-signed');
});

test('refuses a replay, at once, later, and as long as it could be accepted', async () => {
  const client = createClient();
  const server = createServer();
  const requests: RequestHead[] = [];
  for (const aheadMs of [-50_000, -30_000, 0, 900]) {
    now += 7000;
    const request = await signed(client, { aheadMs });
    server.verify(request);
    requests.push(request);
    expect(problemOf(() => server.verify(request))).toBe('replayed');
  }
  for (let second = 0; second < 200; second++) {
    now += 1000;
    server.verify(await signed(client));
    for (const request of requests) {
      expect(problemOf(() => server.verify(request))).toMatch(/^(replayed|clock-skew)$/);
    }
  }
});

test('lets a request through that was a minute on its way, whatever came in between', async () => {
  const client = createClient();
  const server = createServer();
  for (let second = 0; second < 130; second += 5) {
    now += 5000;
    const slow = await signed(client, { aheadMs: -59_500 });
    server.verify(await signed(client, { aheadMs: 999 }));
    expect(problemOf(() => server.verify(slow))).toBeNull();
  }
});

test('refuses the signature of another key', async () => {
  const client = createClient();
  const attacker = createClient();
  const posing: Signer = { ...attacker, keyId: client.keyId };
  const server = createServer();
  expect(problemOf(() => server.verify({ ...headOf(), headers: {} }))).toBe('not-signed');
  const request = await signed(posing);
  expect(problemOf(() => server.verify(request))).toBe('wrong-signature');
});

test('refuses a key whose name is that of another, even where the register is wrong', async () => {
  const client = createClient();
  const attacker = createClient();
  records.set(client.keyId, { keyId: client.keyId, publicKey: attacker.publicKey, status: 'approved' });
  const request = await signed({ ...attacker, keyId: client.keyId });
  expect(problemOf(() => createServer().verify(request))).toBe('wrong-signature');
});

test.each([
  ['revoked', 'revoked'],
  ['pending', 'not-approved'],
] as const)('refuses a client that is %s', async (status, problem) => {
  const client = createClient(status);
  const request = await signed(client);
  expect(problemOf(() => createServer().verify(request))).toBe(problem);
});

test('refuses a client from the moment it is revoked', async () => {
  const client = createClient();
  const server = createServer();
  server.verify(await signed(client));
  records.set(client.keyId, { ...client, status: 'revoked' });
  const request = await signed(client);
  expect(problemOf(() => server.verify(request))).toBe('revoked');
});

test('refuses a key that nobody knows', async () => {
  const client = createClient();
  records.clear();
  const request = await signed(client);
  expect(problemOf(() => createServer().verify(request))).toBe('unknown-client');
});

test('refuses another body under a valid signature', async () => {
  const head = await signed(createClient());
  createServer().verify(head);
  const digestOf = (text: string) =>
    problemOf(() => {
      const check = createDigestCheck(head.headers);
      check.update(Buffer.from(text));
      check.end();
    });
  expect(digestOf(body)).toBeNull();
  expect(digestOf(body.replace('float32', 'float16'))).toBe('wrong-digest');
});

const other = formatDigest(createHash('sha256').update('another body').digest());

test.each<[string, (head: RequestHead) => RequestHead]>([
  ['method', (head) => ({ ...head, method: 'PUT' })],
  ['path', (head) => ({ ...head, target: '/v1/clients/leave?try=1' })],
  ['query', (head) => ({ ...head, target: '/v1/check-in?try=2' })],
  ['query, taken away', (head) => ({ ...head, target: '/v1/check-in' })],
  ['authority', (head) => ({ ...head, authority: 'other.example' })],
  ['digest', (head) => withField(head, 'content-digest', other)],
  ['length', (head) => withField(head, 'content-length', '26')],
  ['offset', (head) => withField(head, 'upload-offset', '1')],
  ['version', (head) => withField(head, 'tessera-protocol', '1.9')],
  ['time', (head) => edit(head, `created=${now / 1000}`, `created=${now / 1000 - 1}`)],
  ['nonce', (head) => edit(head, /nonce="..../, 'nonce="AAAA')],
  ['order of components', (head) => edit(head, '"@path" "@query"', '"@query" "@path"')],
  ['order of parameters', (head) => edit(head, /(;alg=.*?)(;tag=.*)/, '$2$1')],
])('refuses a request whose %s was changed', async (_, change) => {
  const request = await signed(createClient());
  const server = createServer();
  const changed = change(request);
  expect(changed).not.toEqual(request);
  expect(problemOf(() => server.verify(changed))).toBe('wrong-signature');
  // What was changed on the way takes nothing from the true one.
  expect(problemOf(() => server.verify(request))).toBeNull();
});

test.each<[string, (head: RequestHead) => RequestHead]>([
  ['a second digest', (head) => withField(head, 'repr-digest', other)],
  ['a body', (head) => withField(head, 'transfer-encoding', 'chunked')],
  ['an offset', (head) => withField(head, 'upload-offset', '5')],
])('refuses %s that was added to a request that had none', async (_, add) => {
  const head: RequestHead = { ...headOf(), method: 'GET', headers: { 'tessera-protocol': '1.0' } };
  const request = await signed(createClient(), {}, head);
  const server = createServer();
  expect(problemOf(() => server.verify(add(request)))).toBe('wrong-signature');
  expect(problemOf(() => server.verify(request))).toBeNull();
});

test('refuses a true signature of too little', async () => {
  const client = createClient();
  const server = createServer();
  const needed = ['@method', '@authority', '@path', '@query', ...Object.keys(headOf().headers)];
  const signOver = async (components: string[]) => {
    const head = headOf();
    const once = { created: now / 1000, nonce: new Uint8Array(randomBytes(16)), keyId: client.keyId };
    const input = signatureInput(components, once);
    const signature = await client.sign(Buffer.from(signatureBase(head, components, input)));
    return { ...head, headers: { ...head.headers, ...signatureFields(input, signature) } };
  };
  const all = await signOver(needed);
  expect(problemOf(() => server.verify(all))).toBeNull();
  for (const missing of needed) {
    const request = await signOver(needed.filter((name) => name !== missing));
    expect(
      problemOf(() => server.verify(request)),
      missing,
    ).toBe('wrong-signature');
  }
});

test('refuses the signature of one request on another, and two signatures', async () => {
  const client = createClient();
  const server = createServer();
  const one = await signed(client);
  const two = await signed(client);
  const mixed = withField(one, 'signature', two.headers.signature ?? '');
  expect(problemOf(() => server.verify(mixed))).toBe('wrong-signature');
  const both = ['signature', 'signature-input'].reduce(
    (head, field) => withField(head, field, `${one.headers[field]}, b${two.headers[field]}`),
    one,
  );
  expect(problemOf(() => server.verify(both))).toBe('wrong-signature');
  const damaged = encodeBase64(new Uint8Array(64).fill(1));
  expect(problemOf(() => server.verify(withField(one, 'signature', `tessera=:${damaged}:`)))).toBe(
    'wrong-signature',
  );
});

test('refuses what is too old or from the future, and tells the time', async () => {
  const client = createClient();
  const server = createServer();
  for (const aheadMs of [-61_000, 2000, -1e9, 1e9]) {
    const request = await signed(client, { aheadMs });
    expect(
      problemOf(() => server.verify(request)),
      String(aheadMs),
    ).toBe('clock-skew');
  }
  const request = await signed(client);
  now += 3_600_000;
  expect(() => server.verify(request)).toThrow(expect.objectContaining({ extensions: { serverTime: now } }));
});

test('takes a nonce that another key has used', async () => {
  const nonce = new Uint8Array(16).fill(9);
  const server = createServer();
  for (const client of [createClient(), createClient()]) {
    expect(server.verify(await signed(client, { nonce })).keyId).toBe(client.keyId);
    const again = await signed(client, { nonce });
    expect(problemOf(() => server.verify(again))).toBe('replayed');
  }
});

test('remembers nothing of requests with a wrong signature, however many', async () => {
  const client = createClient();
  const server = createServer({ maxNonces: 3, maxNoncesPerKey: 2 });
  const attacker: Signer = { ...createClient(), keyId: client.keyId };
  const nonce = new Uint8Array(16).fill(9);
  for (let attempt = 0; attempt < 10; attempt++) {
    const forged = await signed(attacker, attempt === 0 ? { nonce } : {});
    expect(problemOf(() => server.verify(forged))).toBe('wrong-signature');
  }
  expect(server.verify(await signed(client, { nonce })).keyId).toBe(client.keyId);
});

test('refuses more when its memory is full, of one client and of all, and forgets nothing', async () => {
  const clients = Array.from({ length: 3 }, () => createClient());
  const server = createServer({ maxNonces: 3, maxNoncesPerKey: 2 });
  const [greedy, modest, late] = clients as [Signer, Signer, Signer];
  const first = [await signed(greedy), await signed(greedy)];
  for (const request of first) server.verify(request);
  const third = await signed(greedy);
  expect(problemOf(() => server.verify(third))).toBe('too-many-requests');
  expect(server.verify(await signed(modest)).keyId).toBe(modest.keyId);
  const fourth = await signed(late);
  expect(problemOf(() => server.verify(fourth))).toBe('unavailable');
  for (const request of first) expect(problemOf(() => server.verify(request))).toBe('replayed');
  now += 125_000;
  expect(server.verify(await signed(late)).keyId).toBe(late.keyId);
});

test('refuses after a restart whatever the process before may have accepted', async () => {
  const client = createClient();
  const before = createServer();
  const seen: RequestHead[] = [];
  // Until the moment of the restart, of clients that are behind, right and ahead.
  for (let tick = 0; tick < 10; tick++) {
    now += 250;
    for (const aheadMs of [-3000, 0, 999]) {
      const request = await signed(client, { aheadMs });
      before.verify(request);
      seen.push(request);
    }
  }
  for (const restartMs of [0, 1, 999, 20_000]) {
    const startedAt = now + restartMs;
    let time = startedAt;
    const after = createServer({ startedAt, now: () => time });
    for (const waitMs of [...Array.from({ length: 13 }, (_, step) => step * 250), 30_000, 59_000, 61_999]) {
      time = startedAt + waitMs;
      for (const request of seen) expect(problemOf(() => after.verify(request))).toBe('clock-skew');
    }
  }
});

test('lets clients in again two seconds after a restart, at once in a new data folder', async () => {
  const client = createClient();
  const fresh = createServer({ startedAt: 0 });
  expect(fresh.verify(await signed(client)).keyId).toBe(client.keyId);
  for (const startMs of [0, 1, 400, 999]) {
    const startedAt = START + startMs;
    const server = createServer({ startedAt });
    now = startedAt;
    const early = await signed(client);
    expect(() => server.verify(early)).toThrow(
      expect.objectContaining({
        problem: 'clock-skew',
        headers: { 'retry-after': expect.stringMatching(/^[12]$/) },
      }),
    );
    now += 2000;
    expect(server.verify(await signed(client)).keyId).toBe(client.keyId);
  }
});

test('refuses what was signed for another server, where it knows its own names', async () => {
  const client = createClient();
  const passedOn = await signed(client, {}, { ...headOf(), authority: 'hostile.example' });
  const server = createServer({ authorities: new Set(['federation.example']) });
  expect(problemOf(() => server.verify(passedOn))).toBe('wrong-signature');
  expect(server.verify(await signed(client)).keyId).toBe(client.keyId);
});

test('lets a stranger prove its key, once a request, without a place in the memory of clients', async () => {
  const client = createClient();
  const stranger = createClient();
  records.delete(stranger.keyId);
  const server = createServer({ maxNonces: 1 });
  const request = await signed(stranger);
  expect(server.verifyWith(request, stranger.publicKey)).toBe(stranger.keyId);
  expect(problemOf(() => server.verifyWith(request, stranger.publicKey))).toBe('replayed');
  for (let attempt = 1; attempt < 100; attempt++)
    server.verifyWith(await signed(stranger), stranger.publicKey);
  const tooMany = await signed(stranger);
  expect(problemOf(() => server.verifyWith(tooMany, stranger.publicKey))).toBe('too-many-requests');
  expect(server.verify(await signed(client)).keyId).toBe(client.keyId);
});

test('refuses a stranger with the key of another', async () => {
  const [one, two] = [createClient(), createClient()];
  const server = createServer();
  const verifyWith = (request: RequestHead, key: Uint8Array) =>
    problemOf(() => server.verifyWith(request, key));
  expect(verifyWith(await signed(one), two.publicKey)).toBe('wrong-signature');
  expect(verifyWith(await signed({ ...one, keyId: two.keyId }), two.publicKey)).toBe('wrong-signature');
  expect(verifyWith(await signed({ ...one, keyId: two.keyId }), one.publicKey)).toBe('wrong-signature');
  expect(verifyWith(await signed(one), new Uint8Array(31))).toBe('bad-request');
  expect(verifyWith(await signed(one, { aheadMs: 5000 }), one.publicKey)).toBe('clock-skew');
});

function withField(head: RequestHead, field: string, value: string): RequestHead {
  return { ...head, headers: { ...head.headers, [field]: value } };
}

function edit(head: RequestHead, from: string | RegExp, to: string): RequestHead {
  return withField(head, 'signature-input', (head.headers['signature-input'] ?? '').replace(from, to));
}
