import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newcomer } from '../../test/helpers/newcomer.js';
import { problemOf, registers } from '../../test/helpers/registers.js';

const held = registers();

describe('an operator', () => {
  it('approves who waits', async () => {
    const client = newcomer();
    await held.access.clients.enrol(client, 'approval');
    expect(await held.access.clients.approve(client.keyId, 'operator ada')).toMatchObject({
      status: 'approved',
    });
    expect(held.access.clients.find(client.keyId)?.status).toBe('approved');
    expect(held.access.audit.read()[0]).toMatchObject({
      actor: 'operator ada',
      action: 'client-approved',
      subject: 'client 0',
    });
    const lines = held.access.audit.read().length;
    await held.access.clients.approve(client.keyId, 'operator ada');
    expect(held.access.audit.read()).toHaveLength(lines);
    expect(await problemOf(held.access.clients.approve('nobody', 'operator ada'))).toBe('not-found');
  });

  it('shuts a key out for good, whatever it presents', async () => {
    const client = newcomer();
    await held.access.clients.enrol(client, 'open');
    await held.access.clients.revoke(client.keyId, 'operator ada');
    const { token } = await held.invite();
    for (const restart of [false, true]) {
      if (restart) await held.reopen();
      expect(held.access.clients.find(client.keyId)?.status).toBe('revoked');
      for (const policy of ['invitation', 'approval', 'open'] as const) {
        for (const more of [{}, { invitation: token }, { invitation: 'tsi_guess' }]) {
          expect(await problemOf(held.access.clients.enrol({ ...client, ...more }, policy))).toBe('revoked');
        }
      }
      expect(await problemOf(held.access.clients.approve(client.keyId, 'operator ada'))).toBe('conflict');
    }
    expect(held.access.invitations.list()[0]).toMatchObject({ used: 0 });
    expect(held.access.clients.counts()).toEqual({ pending: 0, approved: 0, revoked: 1 });
  });

  it('lists clients by population and status', async () => {
    const clients = [newcomer(), newcomer(), newcomer()];
    const { token } = await held.invite();
    await held.access.clients.enrol(clients[0]!, 'approval');
    await held.access.clients.enrol({ ...clients[1]!, invitation: token }, 'approval');
    await held.access.clients.enrol(clients[2]!, 'approval');
    await held.access.clients.approve(clients[0]!.keyId, 'operator ada');
    const indices = (filter: object) => held.access.clients.list(filter).map(({ index }) => index);
    expect(indices({})).toEqual([0, 1, 2]);
    expect(indices({ status: 'approved' })).toEqual([0, 1]);
    expect(indices({ population: 'default' })).toEqual([0, 2]);
    expect(indices({ population: 'default', status: 'pending' })).toEqual([2]);
  });

  it.each([{ uses: 0 }, { uses: 1.5 }, { expiresInMs: 0 }, { population: '' }, { population: 'a\nb' }])(
    'cannot make an invitation with %o',
    async (more) => {
      await expect(held.invite(more)).rejects.toThrow(/^(uses|expiresInMs|population) must be /);
      expect(held.access.invitations.list()).toEqual([]);
    },
  );

  it('is told of an invitation that is not there', async () => {
    expect(await problemOf(held.access.invitations.withdraw(7, 'operator ada'))).toBe('not-found');
  });
});

describe('a client that leaves', () => {
  it('is deleted, in every byte of the files', async () => {
    const { token } = await held.invite({ uses: 2 });
    const client = newcomer({ name: 'Sankt Marien', attributes: { region: 'Tyrol' }, invitation: token });
    await held.access.clients.enrol(client, 'invitation');
    const bytes = async () =>
      Buffer.concat(
        await Promise.all((await readdir(held.folder)).map((file) => readFile(join(held.folder, file)))),
      );
    const traces = ['Sankt Marien', 'Tyrol', client.keyId, Buffer.from(client.publicKey)];
    for (const trace of traces) expect((await bytes()).includes(trace)).toBe(true);
    await held.access.clients.forget(client.keyId);
    for (const trace of traces) expect((await bytes()).includes(trace)).toBe(false);
    expect(held.access.clients.find(client.keyId)).toBeUndefined();
    expect(held.access.clients.at(0)).toBeUndefined();
    expect(held.access.clients.counts()).toEqual({ pending: 0, approved: 0, revoked: 0 });
    expect(held.access.audit.read()[0]).toMatchObject({
      actor: 'client 0',
      action: 'client-forgotten',
      subject: '',
      detail: '',
    });
    await held.access.clients.forget(client.keyId);
    expect(await held.access.clients.enrol(client, 'invitation')).toMatchObject({ index: 1 });
  });

  it('leaves its revocation behind', async () => {
    const client = newcomer({ name: 'Sankt Marien' });
    await held.access.clients.enrol(client, 'open');
    await held.access.clients.revoke(client.keyId, 'operator ada');
    await held.access.clients.forget(client.keyId, 'operator ada');
    expect(held.access.clients.find(client.keyId)).toBeUndefined();
    await held.reopen();
    expect(await problemOf(held.access.clients.enrol(client, 'open'))).toBe('revoked');
  });
});

describe('touch', () => {
  it('is written down of however many', async () => {
    const clients = Array.from({ length: 1100 }, () => newcomer());
    await Promise.all(clients.map((client) => held.access.clients.enrol(client, 'open')));
    held.time += 1000;
    for (const { keyId } of clients) held.access.clients.touch(keyId);
    await held.reopen();
    expect(held.access.clients.list().filter(({ lastSeenAt }) => lastSeenAt === held.time)).toHaveLength(
      1100,
    );
  });

  it('is seen at once and written down with others', async () => {
    const client = newcomer();
    await held.access.clients.enrol(client, 'approval');
    held.time += 1000;
    held.access.clients.touch(client.keyId);
    held.access.clients.touch('nobody');
    expect(held.access.clients.find(client.keyId)?.lastSeenAt).toBe(held.time);
    await held.access.clients.approve(client.keyId, 'operator ada');
    expect(held.access.clients.find(client.keyId)?.lastSeenAt).toBe(held.time);
    await held.reopen();
    expect(held.access.clients.find(client.keyId)).toMatchObject({
      status: 'approved',
      lastSeenAt: held.time,
    });
  });
});
