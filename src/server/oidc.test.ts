import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, TransportError } from '../errors.js';
import { createOidc, type OidcSettings } from './oidc.js';

const AUDIENCE = 'tessera';
const HOUR_MS = 3_600_000;

/** A small identity provider; `documents` are what it answers, by path. */
let server: Server;
let issuer: string;
let documents: Record<string, unknown>;
let asked: string[];
let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let time: number;

const answer: RequestListener = (request, response) => {
  const path = String(request.url);
  asked.push(path);
  const document = documents[path];
  if (document === undefined) response.writeHead(404).end();
  else if (typeof document === 'function') document(response);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
};

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  server = createServer(answer);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  asked = [];
  time = Date.now();
  documents = {
    '/realm/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/realm/keys': { keys: [await jwkOf(keys.publicKey)] },
  };
});

async function jwkOf(key: CryptoKey, kid = 'first') {
  return { ...(await exportJWK(key)), kid, use: 'sig' };
}

const open = (more: Partial<OidcSettings> = {}) =>
  createOidc({ issuer, audience: AUDIENCE, now: () => time, ...more });

type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

interface Forgery {
  readonly claims?: Claims;
  readonly key?: CryptoKey | Uint8Array;
  readonly header?: object;
}

/** A token as the provider signs it, but for what is said otherwise; a claim that is undefined is left out. */
function token({ claims = {}, key = keys.privateKey, header = {} }: Forgery = {}): Promise<string> {
  const seconds = Math.floor(time / 1000);
  const payload = {
    ...{ iss: issuer, aud: AUDIENCE, sub: 'ada', roles: ['tessera-operator'] },
    ...{ iat: seconds, exp: seconds + 600, ...claims },
  };
  const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg: 'RS256', kid: 'first', ...header }).sign(key);
}

/** A token of any parts, signed by nobody. */
const unsigned = (header: object, claims: object, signature = '') =>
  `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}.${signature}`;

describe('an operator of an identity provider', () => {
  it('signs in with a token of the provider, and asks for its keys once', async () => {
    const oidc = open();
    expect(await oidc.signIn(await token())).toEqual({ name: 'oidc:ada', role: 'operator' });
    const viewer = await token({
      claims: { sub: 'eve', roles: 'tessera-viewer', aud: ['others', AUDIENCE] },
    });
    expect(await oidc.signIn(viewer)).toEqual({ name: 'oidc:eve', role: 'viewer' });
    expect(asked).toEqual(['/realm/.well-known/openid-configuration', '/realm/keys']);
  });

  it.each<[string, Claims, Partial<OidcSettings>, string | undefined]>([
    ['no role', { roles: [] }, {}, undefined],
    ['no claim', { roles: undefined }, {}, undefined],
    ['another role', { roles: ['operator', 'Tessera-Operator'] }, {}, undefined],
    ['a claim of the wrong kind', { roles: { 'tessera-operator': true } }, {}, undefined],
    ['both roles', { roles: ['tessera-viewer', 'tessera-operator'] }, {}, 'operator'],
    ['a role of our own', { roles: ['admins'] }, { operators: ['admins'] }, 'operator'],
    ['a nested claim', { realm: { roles: ['tessera-viewer'] } }, { roleClaim: 'realm.roles' }, 'viewer'],
    [
      'a claim with dots',
      { 'https://a.b/roles': 'tessera-viewer' },
      { roleClaim: 'https://a.b/roles' },
      'viewer',
    ],
    ['a nested claim that is not there', {}, { roleClaim: 'roles.of.nobody' }, undefined],
  ])('with %s gets the role it is given', async (_, claims, settings, role) => {
    const identity = await open(settings).signIn(await token({ claims }));
    expect(identity?.role).toBe(role);
  });

  it('is let in with a clock that is a little off', async () => {
    const claims = { exp: Math.floor(time / 1000) - 20 };
    expect(await open().signIn(await token({ claims }))).toMatchObject({ role: 'operator' });
  });

  it('finds new keys of the provider', async () => {
    const oidc = open();
    await oidc.signIn(await token());
    const next = await generateKeyPair('ES256');
    documents['/realm/keys'] = { keys: [await jwkOf(keys.publicKey), await jwkOf(next.publicKey, 'next')] };
    const signed = await token({ key: next.privateKey, header: { alg: 'ES256', kid: 'next' } });
    // The keys are not asked for again at once: that is what strangers could make us do.
    expect(await oidc.signIn(signed)).toBeUndefined();
    expect(await open().signIn(signed)).toMatchObject({ role: 'operator' });
  });
});

describe('a token is refused', () => {
  const refused = async (bearer: string) => expect(await open().signIn(bearer)).toBeUndefined();

  it.each<[string, Claims]>([
    ['of another audience', { aud: 'others' }],
    ['of no audience', { aud: undefined }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of no issuer', { iss: undefined }],
    ['of nobody', { sub: undefined }],
    ['of a subject that talks to terminals', { sub: '\u001b[2J' }],
    ['of an endless subject', { sub: 'x'.repeat(101) }],
    ['that does not expire', { exp: undefined }],
    ['that holds later', { nbf: Math.floor(Date.now() / 1000) + 7200 }],
  ])('%s', async (_, claims) => refused(await token({ claims })));

  it('that has expired', async () => {
    const bearer = await token();
    time += HOUR_MS;
    await refused(bearer);
  });

  it('of alg "none"', async () => {
    const claims = { iss: issuer, aud: AUDIENCE, sub: 'ada', roles: ['tessera-operator'], exp: time };
    await refused(unsigned({ alg: 'none' }, claims));
    await refused(unsigned({ alg: 'none', kid: 'first' }, claims, 'c2ln'));
  });

  it('of HS256 with the public key as its secret', async () => {
    const spki = await exportSPKI(keys.publicKey);
    const modulus = base64url.decode(String((await exportJWK(keys.publicKey)).n));
    for (const key of [new TextEncoder().encode(spki), modulus]) {
      await refused(await token({ key, header: { alg: 'HS256' } }));
    }
  });

  it('of an algorithm that is not in use, though the key fits', async () => {
    const again = await importJWK(await exportJWK(keys.privateKey), 'RS512');
    await refused(await token({ key: again as CryptoKey, header: { alg: 'RS512' } }));
  });

  it('of HS256 even when the provider publishes a secret', async () => {
    const key = new Uint8Array(32).fill(7);
    documents['/realm/keys'] = {
      keys: [{ kty: 'oct', k: base64url.encode(key), kid: 'first', alg: 'HS256' }],
    };
    await refused(await token({ key, header: { alg: 'HS256' } }));
  });

  it('of a key that the provider does not have, also one that it brings itself', async () => {
    const own = await generateKeyPair('RS256');
    const jwk = await exportJWK(own.publicKey);
    await refused(await token({ key: own.privateKey }));
    await refused(await token({ key: own.privateKey, header: { kid: 'second' } }));
    await refused(await token({ key: own.privateKey, header: { jwk } }));
    await refused(await token({ key: own.privateKey, header: { jku: `${issuer}/other-keys` } }));
    expect(asked).not.toContain('/realm/other-keys');
  });

  it('whose claims were changed after it was signed', async () => {
    const [header, , signature] = (await token({ claims: { roles: ['tessera-viewer'] } })).split('.');
    const claims = { iss: issuer, aud: AUDIENCE, sub: 'ada', roles: ['tessera-operator'], exp: time };
    await refused([header, base64url.encode(JSON.stringify(claims)), signature].join('.'));
  });

  it.each(['', 'x', '..', 'a.b.c', 'tso_abc', `${'x'.repeat(20_000)}.y.z`])(
    'that is none: %s',
    async (bearer) => {
      await refused(bearer);
      expect(asked).toEqual([]);
    },
  );

  it('of endless length, even a signed one', async () => {
    await refused(await token({ claims: { more: 'x'.repeat(16_384) } }));
  });
});

describe('a provider', () => {
  it.each([
    'http://elsewhere.example',
    'http://localhost.elsewhere.example',
    'ftp://127.0.0.1',
    'elsewhere',
    '',
  ])('is not trusted at "%s"', (address) => {
    expect(() => createOidc({ issuer: address, audience: AUDIENCE })).toThrow(ConfigError);
  });

  it('needs a server by name', () => {
    expect(() => createOidc({ issuer, audience: '' })).toThrow(ConfigError);
  });

  const DISCOVERY = '/realm/.well-known/openid-configuration';

  it.each<[string, string, unknown, string]>([
    ['is not there', DISCOVERY, undefined, 'status 404'],
    ['is another', DISCOVERY, { issuer: 'https://elsewhere.example' }, 'must be of issuer'],
    [
      'sends us over the open network',
      DISCOVERY,
      { jwks_uri: 'http://elsewhere.example' },
      'must be an https',
    ],
    ['has no keys', '/realm/keys', undefined, 'status 404'],
    ['has keys in another form', '/realm/keys', { keys: 'none' }, 'must be a JSON Web Key Set'],
    [
      'does not speak JSON',
      '/realm/keys',
      (response: { end(text: string): void }) => response.end('<'),
      'JSON',
    ],
  ])('that %s is reported, and nobody gets in', async (_, path, change, message) => {
    const document = documents[path] as object;
    documents[path] = typeof change === 'object' ? { ...document, ...change } : change;
    const attempt = open().signIn(await token());
    await expect(attempt).rejects.toThrow(TransportError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('cannot send us elsewhere by a redirect', async () => {
    documents['/realm/keys'] = (response: { writeHead(status: number, headers: object): { end(): void } }) =>
      response.writeHead(302, { location: '/realm/other-keys' }).end();
    documents['/realm/other-keys'] = { keys: [await jwkOf(keys.publicKey)] };
    await expect(open().signIn(await token())).rejects.toThrow(TransportError);
    expect(asked).not.toContain('/realm/other-keys');
  });

  it('cannot answer without end', async () => {
    documents['/realm/keys'] = (response: { write(text: string): boolean; end(): void }) => {
      for (let count = 0; count < 300; count++) response.write(' '.repeat(1024));
      response.end();
    };
    await expect(open().signIn(await token())).rejects.toThrow('more than 262144 bytes');
  });

  it('is asked again after a failure, but not at once', async () => {
    const found = documents['/realm/keys'];
    documents['/realm/keys'] = undefined;
    const oidc = open();
    for (let count = 0; count < 5; count++) {
      await expect(oidc.signIn(await token())).rejects.toThrow('status 404');
    }
    expect(asked).toHaveLength(2);
    documents['/realm/keys'] = found;
    time += 10_000;
    expect(await oidc.signIn(await token())).toMatchObject({ role: 'operator' });
  });

  it('is not asked again and again by tokens of unknown keys', async () => {
    const oidc = open();
    await oidc.signIn(await token());
    for (let count = 0; count < 5; count++) {
      expect(await oidc.signIn(await token({ header: { kid: `guess ${count}` } }))).toBeUndefined();
    }
    expect(asked).toHaveLength(2);
  });
});
