/** What is put down of requests: before they go, and no secret. */
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { Transport } from '../client/transport.js';
import { PATHS } from '../protocol/paths.js';
import { openDatabase } from './database.js';
import { createRequestLog, readRequests } from './request-log.js';

async function* nothing(): AsyncGenerator<Uint8Array> {}

function transport(onRequest: () => void = () => {}): Transport {
  return {
    ...{ authority: 'fed.example.org', origin: 'https://fed.example.org' },
    async request() {
      onRequest();
      return { status: 201, headers: {}, body: nothing() };
    },
    close() {},
  };
}
const post = (json: unknown) => ({
  ...{ method: 'POST', target: PATHS.clients, headers: { 'content-type': 'application/json' } },
  body: new TextEncoder().encode(JSON.stringify(json)),
});
let opened = 0;
const database = () => openDatabase(`log ${opened++}`);

describe('the log of requests', () => {
  it('has a request before it goes, and its answer after', async () => {
    const log = createRequestLog(() => 7);
    const into = await database();
    await log.attach(into);
    let before: unknown;
    const noted = log.note(
      transport(() => {
        before = log.list()[0];
      }),
    );
    await noted.request(post({ publicKey: 'x' }));
    const record = {
      ...{ purpose: 'enrolment', method: 'POST', path: '/v1/clients', at: 7, bytes: 17 },
      body: '{"publicKey":"x"}',
    };
    expect(before).toEqual({ ...record, status: null });
    expect(log.list()).toEqual([{ ...record, status: 201 }]);
    expect(await readRequests(into)).toEqual(log.list());
  });

  it('keeps no invitation, and no body of a model', async () => {
    const log = createRequestLog(() => 7);
    const noted = log.note(transport());
    await noted.request(post({ publicKey: 'x', invitation: 'secret' }));
    await noted.request({
      method: 'PUT',
      target: '/v1/runs/r/rounds/1/updates/me',
      headers: {},
      body: new Uint8Array(9),
    });
    expect(log.list()).toMatchObject([
      { purpose: 'update', bytes: 9 },
      { body: '{"publicKey":"x","invitation":"..."}' },
    ]);
    expect(log.list()[0]).not.toHaveProperty('body');
  });

  it('sends nothing where it cannot be written, and says 0 where no answer came', async () => {
    const log = createRequestLog(() => 7);
    let sent = 0;
    const noted = log.note(transport(() => sent++));
    const gone = await database();
    await log.attach(gone);
    gone.close();
    await expect(noted.request(post({}))).rejects.toThrow();
    expect(sent).toBe(0);
    log.detach();
    const lost = transport(() => {
      throw new Error('lost');
    });
    await expect(log.note(lost).request(post({}))).rejects.toThrow('lost');
    expect(log.list()[0]?.status).toBe(0);
  });

  it('keeps the last 500, in memory and in the database', async () => {
    const log = createRequestLog(() => 7);
    const into = await database();
    await log.attach(into);
    const noted = log.note(transport());
    for (let at = 0; at < 505; at++) await noted.request({ method: 'GET', target: `/${at}`, headers: {} });
    expect(log.list()).toHaveLength(500);
    expect(await into.count('requests')).toBe(500);
    expect([log.list()[0]?.path, log.list().at(-1)?.path]).toEqual(['/504', '/5']);
    expect((await readRequests(into)).at(-1)?.path).toBe('/5');
  });

  it.each([
    ['GET', '/v1/offers', 'offers'],
    ['GET', '/v1/wake?wait=25', 'wake-up'],
    ['GET', '/v1/blobs/ab', 'model'],
    ['HEAD', '/v1/runs/r/rounds/1/updates/me', 'upload-offset'],
    ['PATCH', '/v1/runs/r/rounds/1/updates/me', 'update'],
    ['POST', '/v1/runs/r/rounds/1/evaluations/me', 'evaluation'],
    ['POST', '/v1/runs/r/rounds/1/failures/me', 'failure'],
    ['DELETE', '/v1/clients/me', 'leaving'],
    ['GET', '/elsewhere', 'other'],
  ])('knows what %s %s is for', async (method, target, purpose) => {
    const log = createRequestLog(() => 7);
    await log.note(transport()).request({ method, target, headers: {} });
    expect(log.list()[0]?.purpose).toBe(purpose);
  });
});
