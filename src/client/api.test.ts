/** Tests of requests that are tried again: by another time, and after waits. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { problemDocument, Refusal } from '../protocol/problem.js';
import { type ApiHooks, createApi } from './api.js';
import type { Platform } from './platform.js';
import { createMemoryStore } from './state-store.js';
import type { TransportRequest } from './transport.js';
import { createSigner, generateKey } from './web-crypto-signer.js';

const NOW = 1_700_000_000_000;
const AHEAD_MS = 300_000;

/** When a request says that it was made, in milliseconds. */
function createdOf({ headers }: TransportRequest): number {
  return Number(/created=(\d+)/.exec(headers['signature-input'] ?? '')?.[1]) * 1000;
}

/** A client of a server that answers as `answer` says: with a refusal, or with `{}`. */
async function apiOf(answer: (request: TransportRequest) => Refusal | undefined, hooks: ApiHooks = {}) {
  const unused = () => Promise.reject(new Error('not used here'));
  const platform: Platform = {
    transport: {
      ...{ authority: 'a', origin: 'https://a', close: () => {} },
      async request(request) {
        const refusal = answer(request);
        const document = refusal ? problemDocument(refusal) : {};
        const body = (async function* () {
          yield new TextEncoder().encode(JSON.stringify(document));
        })();
        return { status: refusal?.status ?? 200, headers: refusal?.headers ?? {}, body };
      },
    },
    signer: await createSigner(await generateKey()),
    store: createMemoryStore(),
    probe: { charging: unused, idle: unused, unmetered: unused, memoryBytes: unused },
    now: () => NOW,
    randomBytes: (count) => randomBytes(count),
    random: () => 1,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    engine: unused,
    forgetKey: unused,
  };
  return createApi(platform, hooks, { initialMs: 1, maxMs: 4, factor: 2 });
}

describe('a clock that is wrong', () => {
  const skewed = (request: TransportRequest) =>
    Math.abs(createdOf(request) - (NOW + AHEAD_MS)) < 1000
      ? undefined
      : new Refusal('clock-skew', 'another time', { extensions: { serverTime: NOW + AHEAD_MS } });

  it('is said once, also where several requests are under way', async () => {
    const told: number[] = [];
    const api = await apiOf(skewed, { onClock: (aheadMs) => told.push(aheadMs) });
    const request = { method: 'GET', target: '/v1' } as const;
    await Promise.all([api.call(request), api.call(request), api.call(request)]);
    expect(told).toEqual([AHEAD_MS]);
  });
});

describe('what does not work yet', () => {
  it('is tried again, and each attempt is told with what it is for', async () => {
    let left = 3;
    const told: unknown[] = [];
    const api = await apiOf(() => (left-- > 0 ? new Refusal('unavailable', 'busy') : undefined), {
      onRetry: ({ what, attempt, delayMs }) => told.push([what, attempt, delayMs]),
    });
    await api.call({ method: 'POST', target: '/v1/check-in', json: {}, what: 'the check-in' });
    expect(told).toEqual([
      ['the check-in', 1, 1],
      ['the check-in', 2, 2],
      ['the check-in', 3, 4],
    ]);
  });

  it('waits as long as the server says', async () => {
    let left = 1;
    const headers = { 'retry-after': '0' };
    const told: number[] = [];
    const api = await apiOf(
      () => (left-- > 0 ? new Refusal('too-many-requests', 'slow', { headers }) : undefined),
      { onRetry: ({ delayMs }) => told.push(delayMs) },
    );
    await api.call({ method: 'GET', target: '/v1' });
    expect(told).toEqual([0]);
  });

  it('is not tried again where that cannot help', async () => {
    const api = await apiOf(() => new Refusal('revoked', 'not welcome'));
    await expect(api.call({ method: 'GET', target: '/v1' })).rejects.toMatchObject({ problem: 'revoked' });
  });
});
