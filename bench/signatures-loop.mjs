/** Signs and verifies requests on one thread and prints CPU microseconds each, and the memory of nonces, as JSON. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { parseDictionary } from 'structured-headers';
import { formatDigest } from '../dist/protocol/content-digest.js';
import { parseSignature } from '../dist/protocol/parse-signature.js';
import { signRequest } from '../dist/protocol/signer.js';
import { createDigestCheck } from '../dist/server/body-digest.js';
import { keyIdOf } from '../dist/server/key-id.js';
import { createReplayGuard } from '../dist/server/replay-guard.js';
import { createVerifier } from '../dist/server/verify-request.js';

const CLIENTS = 100;
const [repeats = 9, requests = 1000] = process.argv.slice(2).map(Number);

const body = Buffer.from(
  JSON.stringify({ encodings: ['float32'], exampleCount: 600, attributes: { region: 'eu' } }),
);
const head = {
  method: 'POST',
  target: '/v1/check-in',
  authority: 'federation.example',
  headers: {
    accept: 'application/json',
    'content-type': 'application/json',
    'content-digest': formatDigest(createHash('sha256').update(body).digest()),
    'content-length': String(body.length),
    'tessera-protocol': '1.0',
  },
};

const clients = Array.from({ length: CLIENTS }, () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return {
    keyId: keyIdOf(bytes),
    publicKey: bytes,
    status: 'approved',
    key,
    sign: async (data) => sign(null, data, key),
  };
});
const records = new Map(clients.map((client) => [client.keyId, client]));
const keyObjects = new Map(clients.map(({ keyId, key }) => [keyId, createPublicKey(key)]));
const now = Date.now();
const verifier = createVerifier({ now: () => now, startedAt: 0, findKey: (keyId) => records.get(keyId) });

async function cpuMicroseconds(work) {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / requests;
}

async function once() {
  const signed = [];
  const signing = await cpuMicroseconds(async () => {
    for (let index = 0; index < requests; index++) {
      const created = Math.floor(now / 1000);
      const nonce = randomBytes(16);
      signed.push({
        ...head,
        headers: await signRequest(head, clients[index % CLIENTS], { created, nonce }),
      });
    }
  });
  const verifying = await cpuMicroseconds(() => {
    for (const request of signed) verifier.verify(request);
  });
  const checkingBody = await cpuMicroseconds(() => {
    for (const { headers } of signed) {
      const check = createDigestCheck(headers);
      check.update(body);
      check.end();
    }
  });
  const parsed = [];
  const parsing = await cpuMicroseconds(() => {
    for (const request of signed) parsed.push(parseSignature(request));
  });
  const library = await cpuMicroseconds(() => {
    for (const { headers } of signed) {
      parseDictionary(headers['signature-input']);
      parseDictionary(headers.signature);
    }
  });
  const bases = parsed.map(({ base, signature, keyId }) => [
    Buffer.from(base),
    signature,
    keyObjects.get(keyId),
  ]);
  const ed25519Verify = await cpuMicroseconds(() => {
    for (const [base, signature, key] of bases) verify(null, base, key, signature);
  });
  const ed25519Sign = await cpuMicroseconds(() => {
    for (let index = 0; index < requests; index++) sign(null, bases[index][0], clients[index % CLIENTS].key);
  });
  return { signing, verifying, checkingBody, parsing, library, ed25519Verify, ed25519Sign };
}

function bytesPerNonce(keys, noncesPerKey) {
  const names = Array.from({ length: keys }, () => randomBytes(32).toString('base64url'));
  const guard = createReplayGuard({ windowMs: 61_000, floorMs: 0, maxNonces: 1e7, maxNoncesPerKey: 1e7 });
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (const name of names) {
    for (let count = 0; count < noncesPerKey; count++) guard.admit(name, randomBytes(16), 1000);
  }
  globalThis.gc();
  return (process.memoryUsage().heapUsed - before) / guard.size;
}

await once();
const times = [];
for (let repeat = 0; repeat < repeats; repeat++) times.push(await once());
const memory = { one: bytesPerNonce(100_000, 1), hundred: bytesPerNonce(2000, 100) };
console.log(JSON.stringify({ times, memory }));
