/** Clients for bench/idle.ts as bare requests: they wait on the wake-up channel, or check in all the time. */
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { formatDigest } from '../dist/protocol/content-digest.js';
import { signRequest } from '../dist/protocol/signer.js';
import { answer } from './answer.mjs';
import { newSigner } from './virtual-keys.mjs';

const channels = new Agent({ keepAlive: true, maxSockets: Infinity });
const others = new Agent({ keepAlive: true, maxSockets: 32 });
const body = Buffer.from(JSON.stringify({ encodings: ['float32'], exampleCount: 600 }));
const digest = formatDigest(createHash('sha256').update(body).digest());
let signers = [];
let origin;
let signed = [];
let tasks = 0;
let onTask = () => {};

function headersOf(signer, method, target, more) {
  const headers = { 'tessera-protocol': '1.0', ...more };
  const head = { method, target, authority: origin.host, headers };
  return signRequest(head, signer, { created: Math.floor(Date.now() / 1000), nonce: randomBytes(16) });
}

const headersOfCheckIn = (signer) =>
  headersOf(signer, 'POST', '/v1/check-in', {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'content-digest': digest,
  });

/** The answer to a check-in. */
function checkIn(headers) {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = origin;
    const sent = request(
      {
        ...{ agent: others, hostname, port, method: 'POST', path: '/v1/check-in' },
        headers: { host, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Opens a channel; resolves with its first bytes. */
async function listen(signer) {
  const accept = { accept: 'text/event-stream' };
  const headers = await headersOf(signer, 'GET', '/v1/wake', accept);
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = origin;
    const path = '/v1/wake';
    const sent = request(
      { agent: channels, hostname, port, path, headers: { host, ...headers } },
      (response) => {
        response.on('data', (chunk) => {
          resolve();
          if (chunk.includes('event: wake')) void woken(signer);
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

async function woken(signer) {
  const { type } = JSON.parse(await checkIn(await headersOfCheckIn(signer)));
  if (type === 'task') onTask(++tasks);
}

/** Does something for each item, for `width` of them at a time. */
async function forEach(items, width, act) {
  const rest = items.values();
  const one = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: width }, one));
}

answer({
  makeKeys({ count }) {
    signers = Array.from({ length: count }, newSigner);
    return signers.map(({ keyId, publicKey }) => ({
      keyId,
      publicKey: Buffer.from(publicKey).toString('base64url'),
    }));
  },
  async wait({ url }) {
    origin = new URL(url);
    await forEach(signers, 64, async (signer) => {
      await checkIn(await headersOfCheckIn(signer));
      await listen(signer);
    });
  },
  /** When the last of so many tasks had come: milliseconds since 1970. */
  tasks: ({ count }) =>
    new Promise((resolve) => {
      const settle = (sofar) => {
        if (sofar >= count) resolve(Date.now());
      };
      onTask = settle;
      settle(tasks);
    }),
  async sign({ url, each }) {
    origin = new URL(url);
    signed = [];
    for (let turn = 0; turn < each; turn++) {
      for (const signer of signers) signed.push(await headersOfCheckIn(signer));
    }
    return signed.length;
  },
  /** Sends what was signed, as fast as the server answers. */
  checkIns: () => forEach(signed, 32, checkIn),
});
