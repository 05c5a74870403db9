/** Requests of an attacker that has keys, is asked to train, and sends anything but a good update: from a seed. */
import type { Layout } from '../../src/params/layout.js';
import { PATHS, reportPath } from '../../src/protocol/paths.js';
import type { Signer } from '../../src/protocol/signer.js';
import { type Random, seededRandom } from '../../src/random.js';
import { enrolment, report, updateOf } from './raw-clients.js';
import { bytesOf, type RawRequest, signedRequest, type Wanted } from './raw-http.js';

/** What the requests are made of. */
export interface FuzzContext {
  readonly url: string;
  readonly signers: readonly Signer[];
  readonly layout: Layout;
  readonly runId: string;
  /** A round that may be open now. */
  round(): number;
  /** The hash of some model. */
  readonly sha256: string;
}

/** A source of requests as bytes, each of a kind and changed in some way. */
export function fuzzRequests(context: FuzzContext, seed: number): () => Promise<Uint8Array> {
  const random = seededRandom(seed, 'fuzz');
  const { url, signers, layout } = context;
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)] as T;
  const sent: Uint8Array[] = [];
  // None of them may count: a NaN, an absurd example count, metadata that is missing.
  const updates = [
    updateOf(layout, Number.NaN),
    updateOf(layout, 666, { exampleCount: '-1' }),
    updateOf(layout, 666, { exampleCount: '1e300' }),
    updateOf(layout, 666, { loss: 'no' }),
    updateOf(layout, 666).subarray(0, -4),
    new Uint8Array(1000),
  ];
  const kinds: ((signer: Signer) => Wanted)[] = [
    () => ({ target: PATHS.info }),
    () => ({ target: PATHS.checkIn, json: { encodings: ['float32'], runIds: [context.runId] } }),
    () => ({
      target: PATHS.checkIn,
      json: { encodings: ['float32'], runIds: [context.runId], attributes: { a: 'b' } },
    }),
    () => ({ target: `${PATHS.wake}?wait=0` }),
    () => ({
      target: `/v1/blobs/${context.sha256}`,
      headers: { range: `bytes=${random.integer(9)}-${random.integer(99)}` },
    }),
    ({ keyId }) =>
      report({ clientId: keyId }, { runId: context.runId, round: context.round() } as never, pick(updates)),
    ({ keyId }) => ({
      ...report(
        { clientId: keyId },
        { runId: context.runId, round: context.round() } as never,
        pick(updates),
      ),
      method: 'PATCH',
      headers: {
        'content-type': 'application/partial-upload',
        'upload-offset': String(random.integer(3) * 50),
      },
    }),
    ({ keyId }) => ({
      target: reportPath('evaluations', context.runId, context.round(), keyId),
      json: { exampleCount: 1, lossSum: 1, absoluteErrorSum: 0, confusion: [] },
    }),
    ({ keyId }) => ({
      target: reportPath('failures', context.runId, context.round(), keyId),
      json: { reason: 'x' },
    }),
  ];

  const make = async (): Promise<RawRequest> => {
    const signer = pick(signers);
    if (random.integer(20) === 0) return enrolment(url, signer, { name: 'fuzz' });
    const wanted = pick(kinds)(signer);
    const posing = random.integer(20) === 0 ? { ...signer, keyId: pick(signers).keyId } : signer;
    const aheadMs = random.integer(20) === 0 ? pick([-600_000, 600_000, 1e12, -61_000]) : 0;
    return signedRequest(url, posing, { ...wanted, aheadMs });
  };
  const changes: ((request: RawRequest) => Uint8Array)[] = [
    bytesOf,
    bytesOf,
    // Replayed, and out of order.
    (request) => (sent.length > 0 ? pick(sent) : bytesOf(request)),
    (request) => flip(random, bytesOf(request), bytesOf(request).length),
    (request) => flip(random, bytesOf(request), 300),
    (request) => bytesOf({ ...request, body: flip(random, Buffer.from(request.body), request.body.length) }),
    (request) => bytesOf(request).subarray(0, random.integer(bytesOf(request).length)),
    (request) =>
      bytesOf({
        ...request,
        headers: { ...request.headers, [pick(Object.keys(request.headers))]: pick(ODD) },
      }),
    (request) => bytesOf({ ...request, target: request.target.replace(/[^/]+$/, pick(ODD_PATHS)) }),
    (request) =>
      bytesOf({ ...request, headers: Object.fromEntries(random.shuffle(Object.entries(request.headers))) }),
    (request) =>
      bytesOf({ ...request, headers: withoutOne(request.headers, pick(Object.keys(request.headers))) }),
    (request) => Buffer.concat([bytesOf(request), noise(random, 50)]),
    () => noise(random, 200),
  ];
  return async () => {
    const request = await make();
    const bytes = pick(changes)(request);
    if (sent.length < 200) sent.push(bytesOf(request));
    else sent[random.integer(200)] = bytesOf(request);
    return bytes;
  };
}

const ODD = [
  '',
  '-1',
  '0',
  '99999999999',
  '1e9',
  'chunked',
  'gzip',
  '\u00ff\u00fe',
  'a'.repeat(500),
  '"',
  'sha-256=:!!:',
  '()',
];
const ODD_PATHS = ['..%2f..%2fetc', '%00', '%zz', '__proto__', 'a'.repeat(300), '', '?', '//', '*', '%ff'];

function flip(random: Random, bytes: Buffer, within: number): Buffer {
  for (let count = 1 + random.integer(4); count > 0 && bytes.length > 0; count--) {
    bytes[random.integer(Math.min(within, bytes.length))] = random.integer(256);
  }
  return bytes;
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.integer(most) }, () => random.integer(256)));
}

function withoutOne({ ...headers }: Record<string, string>, name: string): Record<string, string> {
  delete headers[name];
  return headers;
}
