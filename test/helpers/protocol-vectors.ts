/** One signed request of each kind of the protocol, with a fixed key, time and nonces. */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { createLayout } from '../../src/params/layout.js';
import { encodeSafetensors } from '../../src/params/safetensors.js';
import { encodeBase64Url } from '../../src/protocol/base64.js';
import { formatDigest } from '../../src/protocol/content-digest.js';
import type { RequestHead } from '../../src/protocol/http.js';
import type {
  CheckInRequest,
  EnrolRequest,
  EvaluationReport,
  FailureReport,
} from '../../src/protocol/messages.js';
import { parseSignature } from '../../src/protocol/parse-signature.js';
import { PATHS, reportPath } from '../../src/protocol/paths.js';
import { type Signer, signRequest, thumbprintInput } from '../../src/protocol/signer.js';
import { formatUpdateMetadata } from '../../src/protocol/update-metadata.js';

/** The key of RFC 8032, section 7.1, test 1. Known to everybody: for tests only. */
export const TEST_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
export const TEST_PUBLIC_KEY = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url');
/** Seconds since 1970. */
export const TEST_CREATED = 1_800_000_000;

/** A request as `requests.json` holds it; the body is text, or bytes in hexadecimal. */
export interface RecordedRequest extends Omit<RequestHead, 'headers'> {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyHex?: string;
  readonly signatureBase: readonly string[];
}

const pkcs8 = Buffer.from(`302e020100300506032b657004220420${TEST_SEED}`, 'hex');
const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
const signer: Signer = {
  keyId: createHash('sha256').update(thumbprintInput(TEST_PUBLIC_KEY)).digest('base64url'),
  publicKey: TEST_PUBLIC_KEY,
  sign: async (bytes) => sign(null, bytes, privateKey),
};

/** A model of two parameters, as a client reports it. */
const layout = createLayout([
  { name: 'dense1.weight', shape: [2, 2] },
  { name: 'dense1.bias', shape: [2] },
]);
const update = encodeSafetensors(
  { layout, values: Float32Array.from([0.5, -0.25, 1, 0, 0.125, -1]) },
  formatUpdateMetadata({ exampleCount: 60, steps: 6, loss: 0.75, trainMs: 12 }),
);

interface Draft {
  readonly what: string;
  readonly method: string;
  readonly target: string;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const enrolment: EnrolRequest = {
  publicKey: encodeBase64Url(TEST_PUBLIC_KEY),
  name: 'station 7',
  attributes: { region: 'north' },
};
const checkIn: CheckInRequest = { encodings: ['float32'], exampleCount: 60, heldOutCount: 15 };
const evaluation: EvaluationReport = {
  exampleCount: 15,
  lossSum: 9.5,
  absoluteErrorSum: 0,
  confusion: [7, 1, 2, 5],
};
const failure: FailureReport = { reason: 'out of memory' };
const report = (kind: Parameters<typeof reportPath>[0]) => reportPath(kind, 'digits-1', 3, signer.keyId);
const whole = { 'repr-digest': formatDigest(createHash('sha256').update(update).digest()) };
const cut = 100;

const drafts: readonly Draft[] = [
  { what: 'enrolment', method: 'POST', target: PATHS.clients, json: enrolment },
  { what: 'check-in', method: 'POST', target: PATHS.checkIn, json: checkIn },
  { what: 'wake-up stream', method: 'GET', target: PATHS.wake, headers: { accept: 'text/event-stream' } },
  {
    what: 'long poll',
    method: 'GET',
    target: `${PATHS.wake}?wait=25`,
    headers: { accept: 'application/json' },
  },
  {
    ...{ what: 'update', method: 'PUT', target: report('updates'), bytes: update },
    headers: { 'content-type': 'application/vnd.safetensors', ...whole },
  },
  { what: 'how much of the update is there', method: 'HEAD', target: report('updates'), headers: whole },
  {
    ...{
      what: 'rest of the update',
      method: 'PATCH',
      target: report('updates'),
      bytes: update.subarray(cut),
    },
    headers: { 'content-type': 'application/partial-upload', ...whole, 'upload-offset': String(cut) },
  },
  { what: 'evaluation', method: 'POST', target: report('evaluations'), json: evaluation },
  { what: 'failure', method: 'POST', target: report('failures'), json: failure },
  { what: 'leaving', method: 'DELETE', target: PATHS.me },
];

/** The requests, signed by our signer. */
export async function recordRequests(): Promise<RecordedRequest[]> {
  const recorded: RecordedRequest[] = [];
  for (const [index, { what, method, target, json, bytes, headers = {} }] of drafts.entries()) {
    const text = json === undefined ? undefined : JSON.stringify(json);
    const body = text === undefined ? bytes : Buffer.from(text);
    const unsigned: RequestHead = {
      ...{ method, target, authority: 'federation.example' },
      headers: {
        'tessera-protocol': '1.0',
        ...headers,
        ...(body ? { 'content-length': String(body.length) } : {}),
        ...(text === undefined ? {} : jsonFields(text)),
      },
    };
    const nonce = Uint8Array.from({ length: 16 }, (_, at) => index * 16 + at);
    const signed = await signRequest(unsigned, signer, { created: TEST_CREATED, nonce });
    recorded.push({
      what,
      ...{ method, target, authority: unsigned.authority, headers: signed },
      ...(text === undefined ? {} : { body: text }),
      ...(bytes === undefined ? {} : { bodyHex: Buffer.from(bytes).toString('hex') }),
      signatureBase: parseSignature({ ...unsigned, headers: signed }).base.split('\n'),
    });
  }
  return recorded;
}

function jsonFields(text: string) {
  return {
    'content-type': 'application/json',
    'content-digest': formatDigest(createHash('sha256').update(text).digest()),
  };
}
