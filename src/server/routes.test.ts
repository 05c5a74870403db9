/** Tests of how requests find their handlers, and of what is said to those that find none. */
import { expect, it } from 'vitest';
import { type Asked, ask as askHandler } from '../../test/helpers/ask.js';
import { ConfigError, StoreError } from '../errors.js';
import { type Handler, jsonResponse } from './http.js';
import { createRouter, type Route } from './routes.js';

function router(routes: readonly Route[], failures: unknown[] = []) {
  return createRouter(routes, {
    onAnswer: () => {},
    onFailure: (error) => failures.push(error),
    now: () => 0,
  });
}
async function ask(handler: Handler, method: string, target: string, asked?: Asked) {
  const { status, headers, json } = await askHandler(handler, method, target, asked);
  return { status, headers, json: json() as object };
}

const things = router([
  ['GET', '/v1/things/:thing', (_, { thing }) => jsonResponse({ thing })],
  ['DELETE', '/v1/things/:thing', () => jsonResponse({})],
]);

it('hands a handler the parts of the path, decoded', async () => {
  expect(await ask(things, 'GET', '/v1/things/a%20b')).toMatchObject({ status: 200, json: { thing: 'a b' } });
});

it('refuses another major version in a sentence, also at paths that only that version has', async () => {
  for (const [path, version] of [
    ['/v1/things/1', '2.0'],
    ['/v2/check-in', '2.0'],
    ['/v1/things/1', '0.9'],
    ['/v1/things/1', 'one'],
  ] as const) {
    const { status, json } = await ask(things, 'GET', path, { headers: { 'tessera-protocol': version } });
    expect({ status, ...json }).toMatchObject({
      status: 400,
      type: 'urn:tessera:unsupported-version',
      detail: `tessera-protocol must be 1.x, got "${version}"`,
      supported: '1.1',
    });
  }
});

it('takes another minor version, and requests that name none', async () => {
  for (const headers of [{ 'tessera-protocol': '1.7' }, {}]) {
    expect(await ask(things, 'GET', '/v1/things/1', { headers })).toMatchObject({ status: 200 });
  }
});

it('says what is wrong with a path or a method', async () => {
  expect(await ask(things, 'GET', '/v1/others')).toMatchObject({ status: 404 });
  expect(await ask(things, 'POST', '/v1/things/1')).toMatchObject({
    ...{ status: 405, headers: { allow: 'GET, DELETE' } },
    json: { detail: 'the method must be GET or DELETE, got POST' },
  });
  expect(await ask(things, 'GET', `/v1/things/${'a'.repeat(3000)}`)).toMatchObject({ status: 400 });
});

it('keeps what failed inside to the log', async () => {
  const failures: unknown[] = [];
  const failing = (error: Error) => router([['GET', '/x', () => Promise.reject(error)]], failures);
  const secret = new Error('the password is 1234');
  const store = new StoreError('/var/lib/x cannot be written');
  const config = new ConfigError('rounds must be positive, got 0');
  expect(await ask(failing(secret), 'GET', '/x')).toMatchObject({
    ...{ status: 500, json: { detail: 'the server failed; its log says more' } },
  });
  expect(await ask(failing(store), 'GET', '/x')).toMatchObject({
    ...{ status: 503, headers: { 'retry-after': '10' }, json: { detail: 'the server cannot write now' } },
  });
  expect(await ask(failing(config), 'GET', '/x')).toMatchObject({
    ...{ status: 400, json: { detail: 'rounds must be positive, got 0' } },
  });
  expect(failures.slice(0, 2)).toEqual([secret, store]);
});
