/** Tests of answers that break off, and of refusals that pass. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../errors.js';
import { createApi } from './api.js';
import type { Platform } from './platform.js';
import type { TransportResponse } from './transport.js';

async function* brokenOff(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
  throw new TransportError('the connection was lost');
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** An API whose server gives these answers, one after another. */
function apiOf(...answers: readonly Omit<TransportResponse, 'headers'>[]) {
  const left = [...answers];
  const signer = { keyId: 'key', publicKey: new Uint8Array(32), sign: async () => new Uint8Array(64) };
  const platform = {
    transport: {
      ...{ authority: 'localhost', origin: 'http://localhost', close: () => {} },
      request: async () => ({ headers: {}, ...left.shift()! }),
    },
    signer,
    now: Date.now,
    random: Math.random,
    randomBytes: (count: number) => randomBytes(count),
    sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
  } as unknown as Platform;
  const api = createApi(platform, {}, { initialMs: 1, maxMs: 1, factor: 1 });
  return { api, left };
}

describe('a refusal', () => {
  it('whose reason breaks off is asked for again: it may be one that passes', async () => {
    const { api, left } = apiOf(
      { status: 401, body: brokenOff('{"type":"urn:tessera:repl') },
      { status: 200, body: whole('{"fine":true}') },
    );
    expect(await api.call({ method: 'GET', target: '/v1' })).toEqual({ fine: true });
    expect(left).toEqual([]);
  });

  it('of an offset that is wrong by now passes', async () => {
    const { api } = apiOf(
      { status: 409, body: whole('{"type":"urn:tessera:wrong-offset","detail":"goes on at byte 7"}') },
      { status: 200, body: whole('{"fine":true}') },
    );
    expect(await api.call({ method: 'GET', target: '/v1' })).toEqual({ fine: true });
  });

  it('without a document is one all the same', async () => {
    const { api } = apiOf({ status: 403, body: whole('<html>') });
    await expect(api.call({ method: 'GET', target: '/v1' })).rejects.toMatchObject({ status: 403 });
  });
});
