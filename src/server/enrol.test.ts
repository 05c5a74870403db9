import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newcomer } from '../../test/helpers/newcomer.js';
import { problemOf, refusalOf, registers } from '../../test/helpers/registers.js';
import { Database } from './database.js';
import { judgeInvitation } from './invitations.js';
import { hashToken } from './secret-token.js';

const DAY_MS = 24 * 60 * 60_000;
const WRONG = 'The invitation is not valid here (any more): ask the operator for a new one';

const held = registers();

describe('enrolment', () => {
  it('numbers clients 0, 1, 2 ... and keeps them over a restart', async () => {
    const { token } = await held.invite({ uses: 3 });
    const clients = [0, 1, 2].map(() =>
      newcomer({ invitation: token, name: 'St Mary’s', attributes: { region: 'eu' } }),
    );
    const records = await Promise.all(
      clients.map((client) => held.access.clients.enrol(client, 'invitation')),
    );
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(records[1]).toEqual({
      index: 1,
      keyId: clients[1]!.keyId,
      publicKey: clients[1]!.publicKey,
      name: 'St Mary’s',
      population: 'clinics',
      status: 'approved',
      attributes: { region: 'eu' },
      createdAt: held.time,
      lastSeenAt: held.time,
    });
    await held.reopen();
    expect(held.access.clients.list()).toEqual(records);
    expect(held.access.clients.find(clients[2]!.keyId)).toEqual(records[2]);
    expect(held.access.clients.at(1)).toEqual(records[1]);
    expect(held.access.clients.counts()).toEqual({ pending: 0, approved: 3, revoked: 0 });
  });

  it('gives the same key with the same invitation the same record, also after a lost answer and a restart', async () => {
    const { token } = await held.invite();
    const client = newcomer({ invitation: token });
    const [first, second] = await Promise.all([
      held.access.clients.enrol(client, 'invitation'),
      held.access.clients.enrol(client, 'invitation'),
    ]);
    expect(second).toEqual(first);
    await held.reopen();
    expect(await held.access.clients.enrol(client, 'invitation')).toEqual(first);
    expect(held.access.invitations.list()[0]).toMatchObject({ uses: 1, used: 1 });
  });

  it('never gives an index twice', async () => {
    const clients = [newcomer(), newcomer(), newcomer()];
    for (const client of clients) await held.access.clients.enrol(client, 'open');
    await held.access.clients.forget(clients[2]!.keyId);
    await held.reopen();
    expect(await held.access.clients.enrol(newcomer(), 'open')).toMatchObject({ index: 3 });
  });

  it('lets exactly as many in as an invitation is for, however many come at once', async () => {
    const { token } = await held.invite({ uses: 2 });
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        held.access.clients.enrol(newcomer({ invitation: token }), 'invitation'),
      ),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(held.access.clients.list()).toHaveLength(2);
  });

  it('refuses used, expired, withdrawn, unknown and foreign invitations in one sentence', async () => {
    const used = await held.invite();
    await held.access.clients.enrol(newcomer({ invitation: used.token }), 'invitation');
    const expired = await held.invite({ expiresInMs: DAY_MS });
    held.time += DAY_MS;
    const withdrawn = await held.invite();
    await held.access.invitations.withdraw(withdrawn.id, 'operator ada');
    const foreign = await held.invite();
    const tokens = [used, expired, withdrawn, foreign].map(({ token }) => token);
    for (const policy of ['invitation', 'approval', 'open'] as const) {
      for (const invitation of [...tokens, 'tsi_guess', '']) {
        const population = invitation === foreign.token ? 'banks' : 'clinics';
        const attempt = held.access.clients.enrol(newcomer({ invitation, population }), policy);
        const refusal = await refusalOf(attempt);
        expect([refusal.problem, refusal.message, refusal.status]).toEqual(['wrong-invitation', WRONG, 403]);
      }
    }
    expect(held.access.clients.list()).toHaveLength(1);
  });

  it('runs the same statements for every invitation that does not hold', async () => {
    const used = await held.invite();
    await held.access.clients.enrol(newcomer({ invitation: used.token }), 'invitation');
    const expired = await held.invite({ expiresInMs: DAY_MS });
    held.time += DAY_MS;
    const foreign = await held.invite();
    const statements: string[] = [];
    const query = Database.prototype.query;
    const traces = new Set<string>();
    try {
      Database.prototype.query = function (sql, ...values) {
        statements.push(sql);
        return query.call(this, sql, ...values);
      };
      for (const invitation of [used.token, expired.token, foreign.token, 'tsi_guess', 'x', '']) {
        statements.length = 0;
        await problemOf(
          held.access.clients.enrol(newcomer({ invitation, population: 'banks' }), 'invitation'),
        );
        traces.add(statements.join('\n'));
      }
    } finally {
      Database.prototype.query = query;
    }
    expect(traces.size).toBe(1);
    expect([...traces][0]).toContain('invitations');
  });

  it('tells operators, not strangers, why an invitation does not hold', async () => {
    const { token } = await held.invite();
    await held.access.clients.enrol(newcomer({ invitation: token }), 'invitation');
    const thief = newcomer({ invitation: token });
    await problemOf(held.access.clients.enrol(thief, 'invitation'));
    expect(held.access.audit.read()[0]).toMatchObject({
      actor: `key ${thief.keyId.slice(0, 8)}`,
      action: 'client-refused',
      detail: 'used invitation',
    });
  });

  it('stores no token', async () => {
    const { token } = await held.invite();
    await held.access.clients.enrol(newcomer({ invitation: token }), 'invitation');
    const files = await readdir(held.folder);
    expect(files).toContain('server.db');
    for (const file of files) {
      const bytes = await readFile(join(held.folder, file));
      expect(bytes.includes(token)).toBe(false);
      expect(bytes.includes(token.slice(4))).toBe(false);
      expect(bytes.includes(Buffer.from(token.slice(4), 'base64url'))).toBe(false);
    }
    expect(JSON.stringify(held.access.invitations.list())).not.toContain(token.slice(4));
  });

  it('waits for an operator under the policy approval, and comes in with an invitation', async () => {
    const waiting = newcomer();
    expect(await held.access.clients.enrol(waiting, 'approval')).toMatchObject({
      status: 'pending',
      population: 'default',
    });
    expect(await held.access.clients.enrol(waiting, 'approval')).toMatchObject({
      index: 0,
      status: 'pending',
    });
    expect(await held.access.clients.enrol(waiting, 'invitation')).toMatchObject({
      index: 0,
      status: 'pending',
    });
    const { token } = await held.invite();
    expect(await held.access.clients.enrol({ ...waiting, invitation: token }, 'approval')).toMatchObject({
      index: 0,
      status: 'approved',
      population: 'clinics',
    });
    expect(await held.access.clients.enrol(newcomer(), 'approval')).toMatchObject({
      index: 1,
      status: 'pending',
    });
  });

  it('opens one population only under the policy open', async () => {
    await held.reopen({ openPopulation: 'visitors' });
    expect(await held.access.clients.enrol(newcomer(), 'open')).toMatchObject({
      status: 'approved',
      population: 'visitors',
    });
    expect(await held.access.clients.enrol(newcomer({ population: 'visitors' }), 'open')).toMatchObject({
      population: 'visitors',
    });
    expect(await problemOf(held.access.clients.enrol(newcomer({ population: 'clinics' }), 'open'))).toBe(
      'wrong-invitation',
    );
  });

  it('does not let a client that waits for one population in by opening another', async () => {
    const waiting = newcomer();
    await held.access.clients.enrol(waiting, 'approval');
    await held.reopen({ openPopulation: 'visitors' });
    expect(await held.access.clients.enrol(waiting, 'open')).toMatchObject({
      status: 'pending',
      population: 'default',
    });
  });

  it('needs an invitation where the policy says so', async () => {
    expect(await problemOf(held.access.clients.enrol(newcomer(), 'invitation'))).toBe('wrong-invitation');
  });

  it('refuses a key of one population in another', async () => {
    const client = newcomer();
    await held.access.clients.enrol(client, 'open');
    const { token } = await held.invite();
    const elsewhere = { ...client, invitation: token, population: 'clinics' };
    expect(await problemOf(held.access.clients.enrol(elsewhere, 'open'))).toBe('conflict');
    expect(held.access.invitations.list()[0]).toMatchObject({ used: 0 });
  });

  it('keeps places for invited clients: the number of those that wait is bounded, and that of all', async () => {
    await held.reopen({ maxPending: 2, maxClients: 3 });
    const waiting = newcomer();
    await held.access.clients.enrol(waiting, 'approval');
    await held.access.clients.enrol(newcomer(), 'approval');
    expect(await problemOf(held.access.clients.enrol(newcomer(), 'approval'))).toBe('unavailable');
    expect(await held.access.clients.enrol(waiting, 'approval')).toMatchObject({ index: 0 });
    const { token } = await held.invite({ uses: 2 });
    await held.access.clients.enrol(newcomer({ invitation: token }), 'approval');
    const tooMany = newcomer({ invitation: token });
    expect(await problemOf(held.access.clients.enrol(tooMany, 'approval'))).toBe('unavailable');
    expect(await problemOf(held.access.clients.enrol(newcomer(), 'open'))).toBe('unavailable');
    expect(held.access.invitations.list()[0]).toMatchObject({ used: 1 });
    // Who waits holds a place already.
    expect(await held.access.clients.enrol({ ...waiting, invitation: token }, 'approval')).toMatchObject({
      status: 'approved',
    });
  });

  it.each<[string, object]>([
    ['a long name', { name: 'x'.repeat(101) }],
    ['a name that talks to terminals', { name: '\u001b[2J' }],
    ['a name of two lines', { name: 'a\nb' }],
    ['a name that turns text around', { name: 'a\u202eb' }],
    ['a name of half a character', { name: '\ud800' }],
    ['a long population', { population: 'x'.repeat(101) }],
    ['a long invitation', { invitation: 'x'.repeat(201) }],
    [
      'many attributes',
      { attributes: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, 'x'])) },
    ],
    ['a long attribute', { attributes: { region: 'x'.repeat(101) } }],
    ['an attribute of two lines', { attributes: { region: 'a\r\nb' } }],
    ['an attribute without a name', { attributes: { '': 'x' } }],
    ['an attribute with a long name', { attributes: { ['x'.repeat(33)]: 'x' } }],
    ['an attribute that names a prototype', { attributes: JSON.parse('{"__proto__":"x"}') }],
    ['a short key', { publicKey: new Uint8Array(31) }],
    ['a key of another name', { keyId: 'x'.repeat(43) }],
  ])('refuses %s', async (_, more) => {
    expect(await problemOf(held.access.clients.enrol(newcomer(more), 'open'))).toBe('bad-request');
    expect(held.access.clients.list()).toEqual([]);
  });

  it('takes names of many languages', async () => {
    for (const name of ['Klinikum Süd', '東京大学病院', 'می‌خواهم', 'Zoë 🏥', 'x'.repeat(100)]) {
      expect(await held.access.clients.enrol(newcomer({ name }), 'open')).toMatchObject({ name });
    }
  });
});

describe('an invitation', () => {
  it('is not taken for another, even if the database found the wrong one', () => {
    const row = { id: 1, hash: new Uint8Array(32), population: 'a', uses: 1, used: 0, expires_at: 2e15 };
    const database = { query: () => [row] } as unknown as Database;
    expect(judgeInvitation(database, 'tsi_guess', '', held.time)).toEqual({ holds: false, why: 'unknown' });
    const right = { query: () => [{ ...row, hash: hashToken('tsi_right') }] } as unknown as Database;
    expect(judgeInvitation(right, 'tsi_right', '', held.time)).toEqual({
      holds: true,
      id: 1,
      population: 'a',
    });
  });
});
