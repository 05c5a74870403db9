/** Tests of what operators ask of a server, without a port. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, ask } from '../../test/helpers/ask.js';
import type { AuditLine } from './audit-log.js';
import type { ClientView } from './control-messages.js';
import { keyIdOf } from './key-id.js';
import { createFederationServer, type FederationServer } from './server.js';

let folder: string;
let server: FederationServer;
let token: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-control-'));
  server = await createFederationServer({ folder: join(folder, 'runs') });
  token = server.firstToken ?? '';
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const asked = (method: string, path: string, more: Asked = {}) =>
  ask(server.handler, method, `/v1/control${path}`, { token, ...more });
const addOperator = async (name: string, role: 'viewer' | 'operator') =>
  (await asked('POST', '/operators', { json: { name, role } })).json() as { id: number; token: string };
const enrol = () => {
  const publicKey = randomBytes(32);
  return server.federation.access.clients.enrol({ publicKey, keyId: keyIdOf(publicKey) }, 'approval');
};
const auditOf = async () =>
  ((await asked('GET', '/audit')).json() as { items: AuditLine[] }).items.map(
    ({ actor, action, subject }) => `${actor}: ${action} ${subject}`,
  );

describe('the control API', () => {
  it('lets nobody in without a token that holds', async () => {
    const nobody = await ask(server.handler, 'GET', '/v1/control');
    expect([nobody.status, nobody.headers['www-authenticate']]).toEqual([401, 'Bearer realm="tessera"']);
    const wrong = await asked('GET', '', { token: `${token}x` });
    expect([wrong.status, wrong.json()]).toEqual([
      401,
      expect.objectContaining({ type: 'urn:tessera:not-signed-in' }),
    ]);
    // Not where addresses are logged.
    expect((await ask(server.handler, 'GET', `/v1/control?access_token=${token}`)).status).toBe(401);
    expect((await asked('GET', '')).json()).toMatchObject({
      operator: { name: 'first', role: 'operator' },
      clients: { pending: 0, approved: 0, revoked: 0 },
    });
  });

  it('asks for a token on every one of its paths', async () => {
    const paths = [
      '',
      '/runs',
      '/clients',
      '/invitations',
      '/operators',
      '/audit',
      '/runs/a/events',
      '/clients/0',
    ];
    for (const path of paths) {
      expect((await ask(server.handler, 'GET', `/v1/control${path}`)).status, path).toBe(401);
    }
  });

  it('lets a viewer look at everything and change nothing', async () => {
    const { index } = await enrol();
    const viewer = await addOperator('looks', 'viewer');
    const as = { token: viewer.token };
    for (const path of ['', '/runs', '/clients', '/invitations', '/operators', '/audit']) {
      expect((await asked('GET', path, as)).status, path).toBe(200);
    }
    const changes: readonly [string, string, unknown?][] = [
      ['POST', '/runs', { model: 'mlp' }],
      ['POST', '/runs/a/stop'],
      ['POST', '/runs/a/pause'],
      ['POST', '/runs/a/resume'],
      ['POST', `/clients/${index}/approve`],
      ['POST', `/clients/${index}/revoke`],
      ['DELETE', `/clients/${index}`],
      ['POST', '/invitations', {}],
      ['DELETE', '/invitations/1'],
      ['POST', '/operators', { name: 'more', role: 'operator' }],
      ['DELETE', '/operators/1'],
    ];
    for (const [method, path, json] of changes) {
      const answer = await asked(method, path, { ...as, ...(json === undefined ? {} : { json }) });
      expect([answer.status, answer.json()], `${method} ${path}`).toEqual([
        403,
        expect.objectContaining({ type: 'urn:tessera:forbidden' }),
      ]);
    }
    expect(server.federation.access.clients.at(index)?.status).toBe('pending');
    expect(await auditOf()).toContain('operator looks: operator-refused ');
  });

  it('limits how often a network asks without a token that holds, which shuts no operator out', async () => {
    const from = (address: string, as: Asked) =>
      ask(server.handler, 'GET', '/v1/control', { address, ...as }).then(({ status }) => status);
    for (const as of [{ token: `${token}x` }, {}]) {
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, i) => from(`2001:db8::${i.toString(16)}`, as)),
      );
      expect(answers.filter((status) => status === 429).length).toBeGreaterThan(50);
    }
    expect(await from('2001:db8::1', { token })).toBe(200);
  });

  it('lets a dashboard with many panels ask, and stops an operator who asks without end', async () => {
    const statuses = async (count: number, more: Asked) =>
      (await Promise.all(Array.from({ length: count }, () => asked('GET', '', more)))).map(
        ({ status }) => status,
      );
    expect(new Set(await statuses(500, {}))).toEqual(new Set([200]));
    // 1,000 at once and 100 a second: on the slowest machine some are too many.
    expect(await statuses(2000, {})).toContain(429);
    const { token: other } = await server.federation.access.operators.add(
      { name: 'other', role: 'viewer' },
      'server',
    );
    expect(await statuses(1, { token: other })).toEqual([200]);
  });

  it('approves, revokes and deletes clients, by number or by name', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const list = (query = '') =>
      asked('GET', `/clients${query}`).then((answer) => (answer.json() as { items: ClientView[] }).items);
    expect((await list()).map(({ index, status }) => [index, status])).toEqual([
      [one.index, 'pending'],
      [other.index, 'pending'],
    ]);
    expect(JSON.stringify(await list())).not.toContain('publicKey');
    await asked('POST', `/clients/${one.index}/approve`);
    await asked('POST', `/clients/${other.keyId}/approve`);
    expect(await list('?status=approved')).toHaveLength(2);
    expect((await asked('POST', `/clients/${one.index}/revoke`)).json()).toMatchObject({ status: 'revoked' });
    expect((await asked('POST', `/clients/${one.index}/approve`)).status).toBe(409);
    expect((await asked('DELETE', `/clients/${other.index}`)).json()).toEqual({ forgotten: true });
    expect((await asked('GET', `/clients/${other.index}`)).status).toBe(404);
    expect(await auditOf()).toEqual(
      expect.arrayContaining([
        `operator first: client-approved client ${one.index}`,
        `operator first: client-revoked client ${one.index}`,
        `operator first: client-forgotten client ${other.index}`,
      ]),
    );
  });

  it('lists clients in parts', async () => {
    for (let count = 0; count < 5; count++) await enrol();
    const first = (await asked('GET', '/clients?limit=2')).json() as { items: ClientView[]; next: number };
    expect(first.items.map(({ index }) => index)).toEqual([0, 1]);
    const rest = (await asked('GET', `/clients?limit=3&after=${first.next}`)).json();
    expect(rest).toMatchObject({ items: [{ index: 2 }, { index: 3 }, { index: 4 }], next: null });
    expect((await asked('GET', '/clients?limit=0')).status).toBe(400);
  });

  it('makes and withdraws invitations, whose tokens are shown once', async () => {
    const made = (await asked('POST', '/invitations', { json: { population: 'eu', uses: 2 } })).json() as {
      id: number;
      token: string;
    };
    expect(made.token).toMatch(/^tsi_/);
    const listed = await asked('GET', '/invitations');
    expect(listed.json()).toMatchObject({ items: [{ id: made.id, population: 'eu', uses: 2, used: 0 }] });
    expect(listed.text).not.toContain(made.token);
    expect((await asked('DELETE', `/invitations/${made.id}`)).status).toBe(200);
    expect((await asked('DELETE', '/invitations/99')).status).toBe(404);
    const refused = await asked('POST', '/invitations', { json: { uses: 0 } });
    expect([refused.status, refused.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('uses must be') }),
    ]);
  });

  it('adds and revokes operators; a revoked token holds no more', async () => {
    const { id, token: own } = await addOperator('acts', 'operator');
    expect((await asked('GET', '', { token: own })).status).toBe(200);
    expect((await asked('GET', '/operators')).text).not.toContain(own);
    await asked('DELETE', `/operators/${id}`);
    expect((await asked('GET', '', { token: own })).status).toBe(401);
    expect((await asked('DELETE', '/operators/1')).status).toBe(409);
  });

  it('reads the audit log in pages, the newest first', async () => {
    for (let count = 0; count < 3; count++) await asked('POST', '/invitations', { json: {} });
    const page = (await asked('GET', '/audit?limit=2')).json() as { items: AuditLine[]; next: number };
    expect(page.items.map(({ subject }) => subject)).toEqual(['invitation 3', 'invitation 2']);
    const next = (await asked('GET', `/audit?limit=1&before=${page.next}`)).json();
    expect(next).toMatchObject({ items: [{ subject: 'invitation 1' }] });
  });
});

describe('what whoever runs the server asks', () => {
  it('is told that it lives and takes work, and not that it takes work while it goes down', async () => {
    expect((await ask(server.handler, 'GET', '/healthz')).status).toBe(200);
    expect((await ask(server.handler, 'GET', '/readyz')).status).toBe(200);
    const closing = server.close();
    expect((await ask(server.handler, 'GET', '/readyz')).status).toBe(503);
    await closing;
    expect((await ask(server.handler, 'GET', '/healthz')).status).toBe(200);
  });

  it('is told that a server without its database takes no work', async () => {
    await server.federation.access.close();
    expect((await ask(server.handler, 'GET', '/readyz')).status).toBe(503);
  });

  it('gives figures to viewers only, unless they are open or off', async () => {
    expect((await ask(server.handler, 'GET', '/metrics')).status).toBe(401);
    await asked('GET', '/clients/9');
    const figures = await ask(server.handler, 'GET', '/metrics', { token });
    expect(figures.text).toContain(
      'tessera_requests_total{route="GET /v1/control/clients/:client",status="404"} 1',
    );
    expect(figures.text).toContain('tessera_problems_total{problem="not-found"} 1');
    const others = async (metrics: 'open' | 'off') => {
      const other = await createFederationServer({ folder: join(folder, metrics), metrics });
      const { status } = await ask(other.handler, 'GET', '/metrics');
      await other.close();
      return status;
    };
    expect([await others('open'), await others('off')]).toEqual([200, 404]);
  });
});
