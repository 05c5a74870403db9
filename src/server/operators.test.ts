import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newcomer } from '../../test/helpers/newcomer.js';
import { Refusal } from '../protocol/problem.js';
import { type Access, openAccess } from './access.js';

let folder: string;
let access: Access;
let time: number;
let firstToken: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-operators-'));
  time = 1_700_000_000_000;
  await start();
  firstToken = String(access.firstToken);
});

afterEach(async () => {
  await access.close();
  await rm(folder, { recursive: true, force: true });
});

async function start() {
  access = await openAccess(folder, { now: () => time });
}

async function restart() {
  await access.close();
  await start();
}

describe('operators', () => {
  it('get a first token at the first start, and never again', async () => {
    // 256 bits as base64url.
    expect(firstToken).toMatch(/^tso_[\w-]{43}$/);
    expect(access.operators.signIn(firstToken)).toEqual({ name: 'first', role: 'operator' });
    await restart();
    expect(access.firstToken).toBeUndefined();
    expect(access.operators.signIn(firstToken)).toEqual({ name: 'first', role: 'operator' });
  });

  it('sign in by their own tokens, and nobody else does', async () => {
    const ada = await access.operators.add({ name: 'ada', role: 'operator' }, 'operator first');
    const eve = await access.operators.add({ name: 'eve', role: 'viewer' }, 'operator first');
    for (const again of [false, true]) {
      if (again) await restart();
      expect(access.operators.signIn(ada.token)).toEqual({ name: 'ada', role: 'operator' });
      expect(access.operators.signIn(eve.token)).toEqual({ name: 'eve', role: 'viewer' });
      const guesses = ['', 'tso_', ada.token.slice(0, -1), `${ada.token}A`, ada.token.toUpperCase(), 'ada'];
      for (const guess of guesses) expect(access.operators.signIn(guess)).toBeUndefined();
      // Also none whose hash happens to begin like that of a token.
      for (let guess = 0; guess < 2000; guess++) {
        expect(access.operators.signIn(`tso_${guess}`)).toBeUndefined();
      }
    }
    expect(access.operators.list().map(({ name, role }) => [name, role])).toEqual([
      ['first', 'operator'],
      ['ada', 'operator'],
      ['eve', 'viewer'],
    ]);
  });

  it('do not get in with what the database holds, which is no token', async () => {
    for (const file of await readdir(folder)) {
      const bytes = await readFile(join(folder, file));
      expect(bytes.includes(firstToken.slice(4))).toBe(false);
      expect(bytes.includes(Buffer.from(firstToken.slice(4), 'base64url'))).toBe(false);
    }
    const invitation = await access.invitations.invite({ population: 'clinics' }, 'operator first');
    expect(access.operators.signIn(invitation.token)).toBeUndefined();
  });

  it('are out as soon as their tokens are revoked', async () => {
    const ada = await access.operators.add({ name: 'ada', role: 'operator' }, 'operator first');
    time += 1000;
    const revoked = await access.operators.revoke(ada.id, 'operator first');
    expect(revoked).toMatchObject({ name: 'ada', revokedAt: time });
    expect(access.operators.signIn(ada.token)).toBeUndefined();
    await restart();
    expect(access.operators.signIn(ada.token)).toBeUndefined();
    // The name is free again.
    await access.operators.add({ name: 'ada', role: 'viewer' }, 'operator first');
    await expect(access.operators.revoke(77, 'operator first')).rejects.toThrow(Refusal);
  });

  it('cannot lock all out', async () => {
    await access.operators.add({ name: 'eve', role: 'viewer' }, 'operator first');
    await expect(access.operators.revoke(1, 'operator first')).rejects.toThrow(
      'The last operator stays: add another one first',
    );
    const ada = await access.operators.add({ name: 'ada', role: 'operator' }, 'operator first');
    await access.operators.revoke(1, 'operator ada');
    expect(access.operators.signIn(firstToken)).toBeUndefined();
    await expect(access.operators.revoke(ada.id, 'operator ada')).rejects.toThrow(Refusal);
  });

  it.each(['', ' ', 'oidc:ada', 'a\nb', '\u202eada', 'x'.repeat(101), 'first'])(
    'are not called "%s"',
    async (name) => {
      const adding = access.operators.add({ name, role: 'operator' }, 'operator first');
      await expect(adding).rejects.toThrow(/^name must be /);
      expect(access.operators.list()).toHaveLength(1);
    },
  );
});

describe('the audit log', () => {
  it('says who did what to whom and when, the newest first', async () => {
    const client = newcomer({ name: 'Sankt Marien' });
    await access.clients.enrol(client, 'approval');
    time += 1000;
    await access.clients.approve(client.keyId, 'operator first');
    time += 1000;
    await access.invitations.invite({ population: 'clinics', uses: 3 }, 'operator first');
    await access.invitations.withdraw(1, 'operator first');
    time += 1000;
    await access.clients.revoke(client.keyId, 'operator first');
    await access.clients.forget(client.keyId, 'operator first');
    await access.operators.add({ name: 'eve', role: 'viewer' }, 'operator first');
    await access.operators.revoke(2, 'operator first');
    await access.audit.record({
      actor: 'operator first',
      action: 'run-started',
      subject: 'run a',
      detail: '',
    });
    const lines = access.audit.read().map(({ at, actor, action, subject, detail }) => {
      return [at - 1_700_000_000_000, actor, action, subject, detail].join('|');
    });
    expect(lines).toEqual([
      '3000|operator first|run-started|run a|',
      '3000|operator first|operator-revoked|operator eve|',
      '3000|operator first|operator-added|operator eve|viewer',
      '3000|operator first|client-forgotten|client 0|',
      '3000|operator first|client-revoked|client 0|',
      '2000|operator first|invitation-withdrawn|invitation 1|',
      '2000|operator first|invitation-made|invitation 1|for 3 of population clinics',
      '1000|operator first|client-approved|client 0|',
      '0|client 0|client-enrolled|approval|pending',
      '0|server|operator-added|operator first|operator',
    ]);
    await restart();
    expect(access.audit.read()).toHaveLength(lines.length);
  });

  it('is read page by page, by time, and never whole', async () => {
    for (let count = 0; count < 5; count++) {
      time += 1000;
      await access.audit.record({
        actor: 'server',
        action: 'run-started',
        subject: `run ${count}`,
        detail: '',
      });
    }
    const subjects = (query: object) => access.audit.read(query).map(({ subject }) => subject);
    const page = access.audit.read({ limit: 2 });
    expect(page.map(({ subject }) => subject)).toEqual(['run 4', 'run 3']);
    expect(subjects({ limit: 2, before: page[1]!.id })).toEqual(['run 2', 'run 1']);
    expect(subjects({ from: time - 1000 })).toEqual(['run 4', 'run 3']);
    expect(subjects({ from: time - 2000, to: time })).toEqual(['run 3', 'run 2']);
    for (const limit of [0, -5, Number.NaN, 0.5]) expect(subjects({ limit })).toHaveLength(1);
    const record = () =>
      access.audit.record({ actor: 'server', action: 'run-stopped', subject: 'run', detail: '' });
    await Promise.all(Array.from({ length: 1100 }, record));
    expect(subjects({ limit: 1e9 })).toHaveLength(1000);
    expect(subjects({})).toHaveLength(100);
  });

  it('is not filled by strangers: refusals are written up to a number a minute, the others counted', async () => {
    const before = access.audit.read({ limit: 1000 }).length;
    const refused = () => access.clients.enrol(newcomer(), 'invitation').catch(() => {});
    await Promise.all(Array.from({ length: 100 }, refused));
    expect(access.audit.read({ limit: 1000 })).toHaveLength(before + 60);
    time += 60_000;
    await refused();
    await refused();
    const [last, next] = access.audit.read();
    expect(next?.detail).toBe('wrong-invitation (40 more were left out)');
    expect(last?.detail).toBe('wrong-invitation');
    const wrongToken = { actor: 'server', action: 'operator-refused', subject: '', detail: '' } as const;
    for (let count = 0; count < 70; count++) await access.audit.recordRefusal(wrongToken);
    expect(access.audit.read({ limit: 1000 })).toHaveLength(before + 120);
    // What operators and admitted clients do is always written.
    await Promise.all(Array.from({ length: 70 }, () => access.clients.enrol(newcomer(), 'open')));
    expect(access.audit.read({ limit: 1000 })).toHaveLength(before + 120 + 70);
  });
});
