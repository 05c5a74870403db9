/** Plays those who would act for another client, over a real port: each is refused, and nothing of theirs counts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATHS, reportPath } from '../../src/protocol/paths.js';
import { type AttackedRun, startAttackedRun } from '../helpers/attacked-run.js';
import { startFederation } from '../helpers/federation.js';
import { enrolment, jsonOf, rawClient, report } from '../helpers/raw-clients.js';
import { newSigner, problemOf, type RawAnswer, sendRaw, signedRequest } from '../helpers/raw-http.js';

let attacked: AttackedRun;
beforeEach(async () => {
  attacked = await startAttackedRun();
});
afterEach(() => attacked.close());

const checkIn = { target: PATHS.checkIn, json: { encodings: ['float32'] } };

function refused(answer: RawAnswer | null, status: number, code: string): void {
  const problem = problemOf(answer);
  expect({ status: problem.status, type: problem.type }).toEqual({ status, type: `urn:tessera:${code}` });
  // What a refusal says is about the one who asked.
  expect(JSON.stringify(problem)).not.toContain(attacked.alice.clientId);
  expect(JSON.stringify(problem)).not.toContain('127.0.0.1');
}

describe('a server under attack', () => {
  it('refuses the replay of a check-in', async () => {
    const captured = await attacked.alice.make(checkIn);
    jsonOf(await sendRaw(attacked.url, captured));
    refused(await sendRaw(attacked.url, captured), 401, 'replayed');
  });

  it('tells a client whose clock is wrong both times, and a way to set it right', async () => {
    for (const aheadMs of [-600_000, 600_000]) {
      const answer = await attacked.alice.send({ ...checkIn, aheadMs });
      refused(answer, 401, 'clock-skew');
      const { detail, serverTime } = problemOf(answer);
      const [client = '', server = ''] = detail.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
      expect(new Date(server).getTime()).toBe(serverTime);
      const told = new Date(client).getTime() - Number(serverTime);
      expect(Math.abs(told - aheadMs)).toBeLessThan(5000);
    }
  });

  it('refuses the replay of an upload, in its round and later', async () => {
    const { alice, url } = attacked;
    let captured = await alice.make(checkIn);
    await attacked.round(async ({ task, honest }) => {
      captured = await alice.make(report(alice, task, honest));
      jsonOf(await sendRaw(url, captured));
      refused(await sendRaw(url, captured), 401, 'replayed');
    });
    refused(await sendRaw(url, captured), 401, 'replayed');
  });

  it('refuses a request that another key has signed', async () => {
    const { alice, mallory, url } = attacked;
    const posing = { ...mallory.signer, keyId: alice.clientId };
    refused(await sendRaw(url, await signedRequest(url, posing, checkIn)), 401, 'wrong-signature');
  });

  it('refuses another body under a valid signature, in JSON and as an update', async () => {
    const { alice, url } = attacked;
    const request = await alice.make(checkIn);
    const swapped = Buffer.from(request.body);
    swapped[0] = 32;
    refused(await sendRaw(url, { ...request, body: swapped }), 400, 'wrong-digest');
    await attacked.round(async ({ task, honest, evil }) => {
      const upload = await alice.make(report(alice, task, honest));
      refused(await sendRaw(url, { ...upload, body: evil }), 400, 'wrong-digest');
    });
  });

  it('blames no client for bytes that it has not signed, however wrong they are', async () => {
    const { alice, url } = attacked;
    await attacked.round(async ({ task, evil }) => {
      for (const damage of [
        (bytes: Uint8Array) => bytes.fill(0xff, 200_000),
        (bytes: Uint8Array) => bytes.fill(0, 0, 60),
      ]) {
        const upload = await alice.make(report(alice, task, evil));
        refused(await sendRaw(url, { ...upload, body: damage(Uint8Array.from(evil)) }), 400, 'wrong-digest');
      }
    });
  });

  it('refuses an update for another client, whoever signs it', async () => {
    const { alice, mallory, url } = attacked;
    await attacked.round(async ({ task, evil }) => {
      refused(await mallory.send(report(alice, task, evil)), 403, 'forbidden');
      const own = await mallory.make(report(mallory, task, evil));
      const target = reportPath('updates', task.runId, task.round, alice.clientId);
      refused(await sendRaw(url, { ...own, target }), 401, 'wrong-signature');
      const failure = reportPath('failures', task.runId, task.round, alice.clientId);
      refused(await mallory.send({ target: failure, json: { reason: 'alice gives up' } }), 403, 'forbidden');
    });
  });

  it('lets no stranger in', async () => {
    const { url } = attacked;
    const stranger = newSigner();
    refused(await sendRaw(url, await signedRequest(url, stranger, checkIn)), 401, 'unknown-client');
    await attacked.round(async ({ task, evil }) => {
      const upload = report({ clientId: stranger.keyId }, task, evil);
      refused(await sendRaw(url, await signedRequest(url, stranger, upload)), 401, 'unknown-client');
    });
  });

  it('drops the update of a client that was not asked', async () => {
    const { url } = attacked;
    const uninvited = await rawClient(url);
    await attacked.round(async ({ task, evil }) => {
      expect(jsonOf(await uninvited.send(report(uninvited, task, evil)))).toMatchObject({
        outcome: 'dropped',
      });
      for (const round of [task.round - 1, task.round + 1, 999_999_999]) {
        const other = report(attacked.mallory, { ...task, round }, evil);
        expect(jsonOf(await attacked.mallory.send(other))).toMatchObject({ outcome: 'dropped' });
      }
      const elsewhere = report(attacked.mallory, { ...task, runId: 'other' }, evil);
      refused(await attacked.mallory.send(elsewhere), 410, 'gone');
    });
  });

  it('refuses a client from the moment it is revoked', async () => {
    const { url, federation } = attacked;
    const { federation: registers } = federation.server;
    const { signer, clientId, checkIn: comeIn } = await rawClient(url);
    await comeIn();
    const { index = -1 } = registers.access.clients.find(clientId) ?? {};
    await registers.access.clients.revoke(clientId, 'operator 1');
    registers.drop(index, 'revoked');
    refused(await sendRaw(url, await signedRequest(url, signer, checkIn)), 403, 'revoked');
    refused(await sendRaw(url, await enrolment(url, signer)), 403, 'revoked');
  });

  it('counts nothing of an upload whose client is revoked meanwhile', async () => {
    const { mallory, url, federation } = attacked;
    await attacked.round(async ({ task, evil }) => {
      const { federation: registers } = federation.server;
      const upload = await mallory.make(report(mallory, task, evil));
      const answer = await sendRaw(url, upload, {
        async beforeEnd() {
          await registers.access.clients.revoke(mallory.clientId, 'operator 1');
          registers.drop(0, 'revoked');
        },
      });
      expect(jsonOf(answer)).toMatchObject({ outcome: 'dropped' });
      refused(await mallory.send(report(mallory, task, evil)), 403, 'revoked');
    });
  });
});

describe('a server that lets in by invitation', () => {
  it('takes an invitation once, from one key, while it holds', async () => {
    const federation = await startFederation({ enrolment: 'invitation' });
    try {
      const { url } = federation;
      const { invitations } = federation.server.federation.access;
      const { token, id } = await invitations.invite({ population: 'default' }, 'operator 1');
      const enrol = async (signer = newSigner(), invitation?: string) =>
        sendRaw(url, await enrolment(url, signer, invitation === undefined ? {} : { invitation }));
      refused(await enrol(), 403, 'wrong-invitation');
      const guessed = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
      for (const guess of [guessed, '', String(id), `${token} `]) {
        refused(await enrol(newSigner(), guess), 403, 'wrong-invitation');
      }
      const invited = newSigner();
      jsonOf(await enrol(invited, token));
      // The thief comes later; the client itself may ask again.
      refused(await enrol(newSigner(), token), 403, 'wrong-invitation');
      jsonOf(await enrol(invited, token));
      const late = await invitations.invite({ population: 'default' }, 'operator 1');
      await invitations.withdraw(late.id, 'operator 1');
      refused(await enrol(newSigner(), late.token), 403, 'wrong-invitation');
      const [, , ...strangers] = federation.server.federation.access.clients.list();
      expect(strangers).toEqual([]);
    } finally {
      await federation.close();
    }
  });

  it('gives a place to one of two thieves who come at once', async () => {
    const federation = await startFederation({ enrolment: 'invitation' });
    try {
      const { url } = federation;
      const { invitations } = federation.server.federation.access;
      const { token } = await invitations.invite({ population: 'default' }, 'operator 1');
      const requests = await Promise.all(
        [1, 2, 3].map(() => enrolment(url, newSigner(), { invitation: token })),
      );
      const answers = await Promise.all(requests.map((request) => sendRaw(url, request)));
      expect(answers.map((answer) => answer?.status).sort()).toEqual([201, 403, 403]);
    } finally {
      await federation.close();
    }
  });
});

describe('a client that waits for approval', () => {
  it('is let in nowhere', async () => {
    const federation = await startFederation({ enrolment: 'approval' });
    try {
      const { clientId, send, make } = await rawClient(federation.url);
      const own = (kind: 'updates' | 'evaluations' | 'failures') => reportPath(kind, 'run', 1, clientId);
      refused(await send(checkIn), 403, 'not-approved');
      refused(await send({ target: PATHS.wake }), 403, 'not-approved');
      refused(await send({ target: own('failures'), json: { reason: 'none' } }), 403, 'not-approved');
      refused(await send({ target: own('evaluations'), json: {} }), 403, 'not-approved');
      const upload = await make({ method: 'PUT', target: own('updates'), body: Buffer.from('none') });
      refused(await sendRaw(federation.url, upload), 403, 'not-approved');
    } finally {
      await federation.close();
    }
  });
});
