import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newcomer } from '../../test/helpers/newcomer.js';
import { Refusal } from '../protocol/problem.js';
import { type Access, type AccessSettings, openAccess } from './access.js';
import { Database } from './database.js';
import { judgeInvitation } from './invitations.js';
import { hashToken } from './secret-token.js';

let folder: string;
let access: Access;
let time: number;

const DAY_MS = 24 * 60 * 60_000;
const WRONG = 'The invitation is not valid here (any more): ask the operator for a new one';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-access-'));
  time = 1_700_000_000_000;
  access = await open();
});

afterEach(async () => {
  await access.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (settings: AccessSettings = {}) => openAccess(folder, { now: () => time, ...settings });

async function reopen(settings: AccessSettings = {}) {
  await access.close();
  access = await open(settings);
}

async function refusalOf(answer: Promise<unknown>): Promise<Refusal> {
  const error = await answer.then(
    () => expect.unreachable('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
}

const problemOf = async (answer: Promise<unknown>) => (await refusalOf(answer)).problem;

const invite = (more: object = {}) =>
  access.invitations.invite({ population: 'clinics', ...more }, 'operator ada');

describe('enrolment', () => {
  it('numbers clients 0, 1, 2 ... and keeps them over a restart', async () => {
    const { token } = await invite({ uses: 3 });
    const clients = [0, 1, 2].map(() =>
      newcomer({ invitation: token, name: 'St Mary’s', attributes: { region: 'eu' } }),
    );
    const records = await Promise.all(clients.map((client) => access.clients.enrol(client, 'invitation')));
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(records[1]).toEqual({
      index: 1,
      keyId: clients[1]!.keyId,
      publicKey: clients[1]!.publicKey,
      name: 'St Mary’s',
      population: 'clinics',
      status: 'approved',
      attributes: { region: 'eu' },
      createdAt: time,
      lastSeenAt: time,
    });
    await reopen();
    expect(access.clients.list()).toEqual(records);
    expect(access.clients.find(clients[2]!.keyId)).toEqual(records[2]);
    expect(access.clients.at(1)).toEqual(records[1]);
    expect(access.clients.counts()).toEqual({ pending: 0, approved: 3, revoked: 0 });
  });

  it('gives the same key with the same invitation the same record, also after a lost answer and a restart', async () => {
    const { token } = await invite();
    const client = newcomer({ invitation: token });
    const [first, second] = await Promise.all([
      access.clients.enrol(client, 'invitation'),
      access.clients.enrol(client, 'invitation'),
    ]);
    expect(second).toEqual(first);
    await reopen();
    expect(await access.clients.enrol(client, 'invitation')).toEqual(first);
    expect(access.invitations.list()[0]).toMatchObject({ uses: 1, used: 1 });
  });

  it('never gives an index twice', async () => {
    const clients = [newcomer(), newcomer(), newcomer()];
    for (const client of clients) await access.clients.enrol(client, 'open');
    await access.clients.forget(clients[2]!.keyId);
    await reopen();
    expect(await access.clients.enrol(newcomer(), 'open')).toMatchObject({ index: 3 });
  });

  it('lets exactly as many in as an invitation is for, however many come at once', async () => {
    const { token } = await invite({ uses: 2 });
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => access.clients.enrol(newcomer({ invitation: token }), 'invitation')),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(access.clients.list()).toHaveLength(2);
  });

  it('refuses used, expired, withdrawn, unknown and foreign invitations in one sentence', async () => {
    const used = await invite();
    await access.clients.enrol(newcomer({ invitation: used.token }), 'invitation');
    const expired = await invite({ expiresInMs: DAY_MS });
    time += DAY_MS;
    const withdrawn = await invite();
    await access.invitations.withdraw(withdrawn.id, 'operator ada');
    const foreign = await invite();
    const tokens = [used, expired, withdrawn, foreign].map(({ token }) => token);
    for (const policy of ['invitation', 'approval', 'open'] as const) {
      for (const invitation of [...tokens, 'tsi_guess', '']) {
        const population = invitation === foreign.token ? 'banks' : 'clinics';
        const attempt = access.clients.enrol(newcomer({ invitation, population }), policy);
        const refusal = await refusalOf(attempt);
        expect([refusal.problem, refusal.message, refusal.status]).toEqual(['wrong-invitation', WRONG, 403]);
      }
    }
    expect(access.clients.list()).toHaveLength(1);
  });

  it('runs the same statements for every invitation that does not hold', async () => {
    const used = await invite();
    await access.clients.enrol(newcomer({ invitation: used.token }), 'invitation');
    const expired = await invite({ expiresInMs: DAY_MS });
    time += DAY_MS;
    const foreign = await invite();
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
        await problemOf(access.clients.enrol(newcomer({ invitation, population: 'banks' }), 'invitation'));
        traces.add(statements.join('\n'));
      }
    } finally {
      Database.prototype.query = query;
    }
    expect(traces.size).toBe(1);
    expect([...traces][0]).toContain('invitations');
  });

  it('tells operators, not strangers, why an invitation does not hold', async () => {
    const { token } = await invite();
    await access.clients.enrol(newcomer({ invitation: token }), 'invitation');
    const thief = newcomer({ invitation: token });
    await problemOf(access.clients.enrol(thief, 'invitation'));
    expect(access.audit.read()[0]).toMatchObject({
      actor: `key ${thief.keyId.slice(0, 8)}`,
      action: 'client-refused',
      detail: 'used invitation',
    });
  });

  it('stores no token', async () => {
    const { token } = await invite();
    await access.clients.enrol(newcomer({ invitation: token }), 'invitation');
    const files = await readdir(folder);
    expect(files).toContain('server.db');
    for (const file of files) {
      const bytes = await readFile(join(folder, file));
      expect(bytes.includes(token)).toBe(false);
      expect(bytes.includes(token.slice(4))).toBe(false);
      expect(bytes.includes(Buffer.from(token.slice(4), 'base64url'))).toBe(false);
    }
    expect(JSON.stringify(access.invitations.list())).not.toContain(token.slice(4));
  });

  it('waits for an operator under the policy approval, and comes in with an invitation', async () => {
    const waiting = newcomer();
    expect(await access.clients.enrol(waiting, 'approval')).toMatchObject({
      status: 'pending',
      population: 'default',
    });
    expect(await access.clients.enrol(waiting, 'approval')).toMatchObject({ index: 0, status: 'pending' });
    expect(await access.clients.enrol(waiting, 'invitation')).toMatchObject({ index: 0, status: 'pending' });
    const { token } = await invite();
    expect(await access.clients.enrol({ ...waiting, invitation: token }, 'approval')).toMatchObject({
      index: 0,
      status: 'approved',
      population: 'clinics',
    });
    expect(await access.clients.enrol(newcomer(), 'approval')).toMatchObject({ index: 1, status: 'pending' });
  });

  it('opens one population only under the policy open', async () => {
    await reopen({ openPopulation: 'visitors' });
    expect(await access.clients.enrol(newcomer(), 'open')).toMatchObject({
      status: 'approved',
      population: 'visitors',
    });
    expect(await access.clients.enrol(newcomer({ population: 'visitors' }), 'open')).toMatchObject({
      population: 'visitors',
    });
    expect(await problemOf(access.clients.enrol(newcomer({ population: 'clinics' }), 'open'))).toBe(
      'wrong-invitation',
    );
  });

  it('does not let a client that waits for one population in by opening another', async () => {
    const waiting = newcomer();
    await access.clients.enrol(waiting, 'approval');
    await reopen({ openPopulation: 'visitors' });
    expect(await access.clients.enrol(waiting, 'open')).toMatchObject({
      status: 'pending',
      population: 'default',
    });
  });

  it('needs an invitation where the policy says so', async () => {
    expect(await problemOf(access.clients.enrol(newcomer(), 'invitation'))).toBe('wrong-invitation');
  });

  it('refuses a key of one population in another', async () => {
    const client = newcomer();
    await access.clients.enrol(client, 'open');
    const { token } = await invite();
    const elsewhere = { ...client, invitation: token, population: 'clinics' };
    expect(await problemOf(access.clients.enrol(elsewhere, 'open'))).toBe('conflict');
    expect(access.invitations.list()[0]).toMatchObject({ used: 0 });
  });

  it('keeps places for invited clients: the number of those that wait is bounded, and that of all', async () => {
    await reopen({ maxPending: 2, maxClients: 3 });
    const waiting = newcomer();
    await access.clients.enrol(waiting, 'approval');
    await access.clients.enrol(newcomer(), 'approval');
    expect(await problemOf(access.clients.enrol(newcomer(), 'approval'))).toBe('unavailable');
    expect(await access.clients.enrol(waiting, 'approval')).toMatchObject({ index: 0 });
    const { token } = await invite({ uses: 2 });
    await access.clients.enrol(newcomer({ invitation: token }), 'approval');
    const tooMany = newcomer({ invitation: token });
    expect(await problemOf(access.clients.enrol(tooMany, 'approval'))).toBe('unavailable');
    expect(await problemOf(access.clients.enrol(newcomer(), 'open'))).toBe('unavailable');
    expect(access.invitations.list()[0]).toMatchObject({ used: 1 });
    // Who waits holds a place already.
    expect(await access.clients.enrol({ ...waiting, invitation: token }, 'approval')).toMatchObject({
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
    expect(await problemOf(access.clients.enrol(newcomer(more), 'open'))).toBe('bad-request');
    expect(access.clients.list()).toEqual([]);
  });

  it('takes names of many languages', async () => {
    for (const name of ['Klinikum Süd', '東京大学病院', 'می‌خواهم', 'Zoë 🏥', 'x'.repeat(100)]) {
      expect(await access.clients.enrol(newcomer({ name }), 'open')).toMatchObject({ name });
    }
  });
});

describe('an operator', () => {
  it('approves who waits', async () => {
    const client = newcomer();
    await access.clients.enrol(client, 'approval');
    expect(await access.clients.approve(client.keyId, 'operator ada')).toMatchObject({ status: 'approved' });
    expect(access.clients.find(client.keyId)?.status).toBe('approved');
    expect(access.audit.read()[0]).toMatchObject({
      actor: 'operator ada',
      action: 'client-approved',
      subject: 'client 0',
    });
    const lines = access.audit.read().length;
    await access.clients.approve(client.keyId, 'operator ada');
    expect(access.audit.read()).toHaveLength(lines);
    expect(await problemOf(access.clients.approve('nobody', 'operator ada'))).toBe('not-found');
  });

  it('shuts a key out for good, whatever it presents', async () => {
    const client = newcomer();
    await access.clients.enrol(client, 'open');
    await access.clients.revoke(client.keyId, 'operator ada');
    const { token } = await invite();
    for (const restart of [false, true]) {
      if (restart) await reopen();
      expect(access.clients.find(client.keyId)?.status).toBe('revoked');
      for (const policy of ['invitation', 'approval', 'open'] as const) {
        for (const more of [{}, { invitation: token }, { invitation: 'tsi_guess' }]) {
          expect(await problemOf(access.clients.enrol({ ...client, ...more }, policy))).toBe('revoked');
        }
      }
      expect(await problemOf(access.clients.approve(client.keyId, 'operator ada'))).toBe('conflict');
    }
    expect(access.invitations.list()[0]).toMatchObject({ used: 0 });
    expect(access.clients.counts()).toEqual({ pending: 0, approved: 0, revoked: 1 });
  });

  it('lists clients by population and status', async () => {
    const clients = [newcomer(), newcomer(), newcomer()];
    const { token } = await invite();
    await access.clients.enrol(clients[0]!, 'approval');
    await access.clients.enrol({ ...clients[1]!, invitation: token }, 'approval');
    await access.clients.enrol(clients[2]!, 'approval');
    await access.clients.approve(clients[0]!.keyId, 'operator ada');
    const indices = (filter: object) => access.clients.list(filter).map(({ index }) => index);
    expect(indices({})).toEqual([0, 1, 2]);
    expect(indices({ status: 'approved' })).toEqual([0, 1]);
    expect(indices({ population: 'default' })).toEqual([0, 2]);
    expect(indices({ population: 'default', status: 'pending' })).toEqual([2]);
  });

  it.each([{ uses: 0 }, { uses: 1.5 }, { expiresInMs: 0 }, { population: '' }, { population: 'a\nb' }])(
    'cannot make an invitation with %o',
    async (more) => {
      await expect(invite(more)).rejects.toThrow(/^(uses|expiresInMs|population) must be /);
      expect(access.invitations.list()).toEqual([]);
    },
  );

  it('is told of an invitation that is not there', async () => {
    expect(await problemOf(access.invitations.withdraw(7, 'operator ada'))).toBe('not-found');
  });
});

describe('a client that leaves', () => {
  it('is deleted, in every byte of the files', async () => {
    const { token } = await invite({ uses: 2 });
    const client = newcomer({ name: 'Sankt Marien', attributes: { region: 'Tyrol' }, invitation: token });
    await access.clients.enrol(client, 'invitation');
    const bytes = async () =>
      Buffer.concat(await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file)))));
    const traces = ['Sankt Marien', 'Tyrol', client.keyId, Buffer.from(client.publicKey)];
    for (const trace of traces) expect((await bytes()).includes(trace)).toBe(true);
    await access.clients.forget(client.keyId);
    for (const trace of traces) expect((await bytes()).includes(trace)).toBe(false);
    expect(access.clients.find(client.keyId)).toBeUndefined();
    expect(access.clients.at(0)).toBeUndefined();
    expect(access.clients.counts()).toEqual({ pending: 0, approved: 0, revoked: 0 });
    expect(access.audit.read()[0]).toMatchObject({
      actor: 'client 0',
      action: 'client-forgotten',
      subject: '',
      detail: '',
    });
    await access.clients.forget(client.keyId);
    expect(await access.clients.enrol(client, 'invitation')).toMatchObject({ index: 1 });
  });

  it('leaves its revocation behind', async () => {
    const client = newcomer({ name: 'Sankt Marien' });
    await access.clients.enrol(client, 'open');
    await access.clients.revoke(client.keyId, 'operator ada');
    await access.clients.forget(client.keyId, 'operator ada');
    expect(access.clients.find(client.keyId)).toBeUndefined();
    await reopen();
    expect(await problemOf(access.clients.enrol(client, 'open'))).toBe('revoked');
  });
});

describe('an invitation', () => {
  it('is not taken for another, even if the database found the wrong one', () => {
    const row = { id: 1, hash: new Uint8Array(32), population: 'a', uses: 1, used: 0, expires_at: 2e15 };
    const database = { query: () => [row] } as unknown as Database;
    expect(judgeInvitation(database, 'tsi_guess', '', time)).toEqual({ holds: false, why: 'unknown' });
    const right = { query: () => [{ ...row, hash: hashToken('tsi_right') }] } as unknown as Database;
    expect(judgeInvitation(right, 'tsi_right', '', time)).toEqual({ holds: true, id: 1, population: 'a' });
  });
});

describe('touch', () => {
  it('is written down of however many', async () => {
    const clients = Array.from({ length: 1100 }, () => newcomer());
    await Promise.all(clients.map((client) => access.clients.enrol(client, 'open')));
    time += 1000;
    for (const { keyId } of clients) access.clients.touch(keyId);
    await reopen();
    expect(access.clients.list().filter(({ lastSeenAt }) => lastSeenAt === time)).toHaveLength(1100);
  });

  it('is seen at once and written down with others', async () => {
    const client = newcomer();
    await access.clients.enrol(client, 'approval');
    time += 1000;
    access.clients.touch(client.keyId);
    access.clients.touch('nobody');
    expect(access.clients.find(client.keyId)?.lastSeenAt).toBe(time);
    await access.clients.approve(client.keyId, 'operator ada');
    expect(access.clients.find(client.keyId)?.lastSeenAt).toBe(time);
    await reopen();
    expect(access.clients.find(client.keyId)).toMatchObject({ status: 'approved', lastSeenAt: time });
  });
});
