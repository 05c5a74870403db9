/** The recorded requests of test/vectors/protocol: our signer makes them, our verifier takes them, docs/protocol.md shows one. */
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/params/safetensors.js';
import { parseUpdateMetadata } from '../../src/protocol/update-metadata.js';
import { createDigestCheck } from '../../src/server/body-digest.js';
import { createVerifier } from '../../src/server/verify-request.js';
import {
  type RecordedRequest,
  recordRequests,
  TEST_CREATED,
  TEST_PUBLIC_KEY,
  TEST_SEED,
} from '../helpers/protocol-vectors.js';

const file = new URL('../vectors/protocol/requests.json', import.meta.url);
const keyId = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
let requests: RecordedRequest[] = [];
beforeEach(async () => {
  requests = JSON.parse(await readFile(file, 'utf8'));
});

function verifier() {
  return createVerifier({
    now: () => TEST_CREATED * 1000 + 200,
    startedAt: 0,
    findKey: (name) =>
      name === keyId ? { keyId, publicKey: TEST_PUBLIC_KEY, status: 'approved' as const } : undefined,
  });
}

const bodyOf = ({ body = '', bodyHex = '' }: RecordedRequest) =>
  body === '' ? Buffer.from(bodyHex, 'hex') : Buffer.from(body);

describe('the recorded requests', () => {
  it('are what our signer makes', async () => {
    // `npx vitest run test/unit/protocol-vectors.test.ts -u` writes them anew.
    const made = `${JSON.stringify(await recordRequests(), null, 2)}\n`;
    await expect(made).toMatchFileSnapshot('../vectors/protocol/requests.json');
  });

  it('are taken by our verifier, once each', () => {
    const gate = verifier();
    expect(requests).toHaveLength(10);
    for (const request of requests) {
      const take = () =>
        request.what === 'enrolment' ? gate.verifyWith(request, TEST_PUBLIC_KEY) : gate.verify(request).keyId;
      expect(take(), request.what).toBe(keyId);
      expect(take, request.what).toThrow('this request has been seen before');
    }
  });

  it('are refused with any signed part changed', () => {
    for (const request of requests) {
      const { 'tessera-protocol': _, ...without } = request.headers;
      for (const changed of [
        { ...request, method: request.method === 'POST' ? 'PUT' : 'POST' },
        { ...request, target: `${request.target}x` },
        { ...request, authority: 'other.example' },
        { ...request, headers: { ...request.headers, 'tessera-protocol': '1.1' } },
        { ...request, headers: without },
      ]) {
        const take = () =>
          request.what === 'enrolment'
            ? verifier().verifyWith(changed, TEST_PUBLIC_KEY)
            : verifier().verify(changed);
        expect(take, request.what).toThrow(/signature/);
      }
    }
  });

  it('have the bodies that they say', () => {
    const update = bodyOf(requests.find(({ what }) => what === 'update')!);
    const rest = bodyOf(requests.find(({ what }) => what === 'rest of the update')!);
    const first = update.subarray(0, update.length - rest.length);
    for (const request of requests.filter(({ headers }) => 'content-length' in headers)) {
      const body = bodyOf(request);
      expect(body).toHaveLength(Number(request.headers['content-length']));
      const check = createDigestCheck(request.headers);
      if (request.method === 'PATCH') check.update(first);
      check.update(body);
      expect(() => check.end(), request.what).not.toThrow();
    }
    const { params, metadata } = decodeSafetensors(update);
    expect(params.layout.entries.map(({ name }) => name)).toEqual(['dense1.bias', 'dense1.weight']);
    expect(parseUpdateMetadata(metadata)).toEqual({ exampleCount: 60, steps: 6, loss: 0.75, trainMs: 12 });
  });

  it('are as docs/protocol.md shows one', async () => {
    const text = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    const { signatureBase, headers, method, target, authority, body } = requests.find(
      ({ what }) => what === 'check-in',
    )!;
    expect(text).toContain(`\n${signatureBase.join('\n')}\n`);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
    expect(text).toContain(`${method} ${target} HTTP/1.1\nhost: ${authority}\n${fields.join('')}\n${body}\n`);
    for (const part of [TEST_SEED, TEST_PUBLIC_KEY.toString('base64url'), keyId])
      expect(text).toContain(part);
  });
});
