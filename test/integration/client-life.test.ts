/** A client's life on a server, and what goes wrong in it. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApi } from '../../src/client/api.js';
import { join as joinFromPage } from '../../src/client/browser-join.js';
import type { ClientEvent } from '../../src/client/client-events.js';
import { openApprovals } from '../../src/client/node/approvals.js';
import { type AuditLine, readAuditLog, verifyAuditLog } from '../../src/client/node/audit-lines.js';
import { clientPaths } from '../../src/client/node/client-folder.js';
import { createNodePlatform } from '../../src/client/node/join.js';
import type { ClientData } from '../../src/client/rounds.js';
import { generateKey } from '../../src/client/web-crypto-signer.js';
import { chooseEngine } from '../../src/engine/onnx-runtime.js';
import { createModel } from '../../src/learn/model.js';
import { createOnnxTrainer } from '../../src/learn/onnx-trainer.js';
import { PATHS } from '../../src/protocol/paths.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { digitsOf, startFederation, type TestFederation } from '../helpers/federation.js';

const open: TestFederation[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((federation) => federation.close()));
});
async function federation(...options: Parameters<typeof startFederation>): Promise<TestFederation> {
  const started = await startFederation(...options);
  open.push(started);
  return started;
}

const [data] = (await digitsOf(1, 200, 1)) as [ClientData];
const { classNames } = data.train.dataset;
const described = { task: 'classification', featureShape: [28, 28], classNames } as const;
const training = {
  ...described,
  model: 'logistic',
  rounds: 1,
  cohort: 1,
  overSelection: 1,
  deadlineMs: 60_000,
} as const;

describe('a client that is stopped', () => {
  it('gives a task under way back to the server, and ends at the next step', async () => {
    let failed!: (event: RunEvent) => void;
    const failure = new Promise<RunEvent>((resolve) => {
      failed = resolve;
    });
    const { server, join, heard } = await federation({
      onEvent: (_, event) => event.type === 'client-failed' && failed(event),
    });
    const client = await join(0, { data });
    await server.startRun({ ...training, localEpochs: 1_000_000 });
    await heard(0, 'model-downloaded', ({ round }) => round === 1);
    await client.stop();
    expect(await failure).toMatchObject({ reason: 'the client says: the client was stopped' });
    await heard(0, 'report-sent', ({ what }) => what === 'failure');
  });

  it('gives an evaluation back, too, for which nobody then waits', async () => {
    const { server, join, heard, events } = await federation();
    const client = await join(0, { data });
    const run = await server.startRun({ ...training, rounds: 0 });
    await heard(0, 'task-received', ({ kind }) => kind === 'evaluate');
    await client.stop();
    await run.over;
    expect((await heard(0, 'report-sent')).what).toBe('failure');
    expect(events.find(({ type }) => type === 'run-finished')).not.toHaveProperty('metrics');
  });

  it('ends while the server is away', async () => {
    const { stopServer, join, heard } = await federation();
    const client = await join(0, { data });
    await heard(0, 'waiting');
    await stopServer();
    await heard(0, 'retrying');
    await client.stop();
    await expect(client.done).resolves.toBeUndefined();
  });
});

describe('a client whose server', () => {
  it('does not know it any more enrols again, and takes part', async () => {
    const { server, join, heard, told } = await federation();
    const { clientId } = await join(0, { data });
    await heard(0, 'waiting');
    const { access, drop } = server.federation;
    const before = access.clients.find(clientId)!;
    await access.clients.forget(clientId);
    drop(before.index, 'for the test');
    const run = await server.startRun(training);
    await run.over;
    expect(run.status()).toBe('finished');
    expect(told.get(0)!.filter(({ type }) => type === 'enrolled')).toHaveLength(2);
  });

  it('has another time works by that, and says so once', async () => {
    const { server, join, told } = await federation();
    await join(0, { data }, { now: () => Date.now() - 300_000 });
    const run = await server.startRun({ ...training, rounds: 3 });
    await run.over;
    expect(run.status()).toBe('finished');
    const clock = told.get(0)!.filter((event) => event.type === 'clock-corrected');
    expect(clock).toHaveLength(1);
    expect(Math.abs(clock[0]!.aheadMs - 300_000)).toBeLessThan(10_000);
  });

  it('is away for a while tries again, each time later, and goes on', async () => {
    const first = await startFederation();
    const { folder, url } = first;
    const { join, heard, told } = first;
    await join(0, { data });
    await heard(0, 'waiting');
    await first.stopServer();
    await heard(0, 'retrying', ({ attempt }) => attempt === 3);
    const second = await federation({ folder }, Number(new URL(url).port));
    const run = await second.server.startRun(training);
    await run.over;
    expect(run.status()).toBe('finished');
    const attempts = told
      .get(0)!
      .flatMap((event) => (event.type === 'retrying' && event.what !== 'enrolment' ? [event] : []));
    const ofOne = attempts.slice(0, 3);
    expect(ofOne.map(({ what, attempt }) => [what, attempt])).toEqual([
      ['the check-in', 1],
      ['the check-in', 2],
      ['the check-in', 3],
    ]);
    expect(ofOne[2]!.delayMs).toBeGreaterThan(ofOne[0]!.delayMs);
    await first.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('sends an ONNX file trains that', async () => {
    const { server, join, failures } = await federation();
    await join(0, { data });
    const model = fileURLToPath(new URL('../vectors/onnx/lenet.onnx', import.meta.url));
    const run = await server.startRun({ ...training, model });
    await run.over;
    expect(failures).toEqual([]);
    expect(run.status()).toBe('finished');
    expect(run.definition.model).toMatchObject({ name: 'lenet.onnx', graph: { bytes: expect.any(Number) } });
  });
});

describe('a client that may not take part', () => {
  it('leaves the wake-up channel, so that nobody waits for it', async () => {
    const { server, join, heard } = await federation();
    let on = true;
    const { clientId } = await join(0, { data, eligibility: { enabled: () => on } });
    const { access, wakes } = server.federation;
    const { index } = access.clients.find(clientId)!;
    await vi.waitFor(() => expect(wakes.isPresent(index)).toBe(true), 5000);
    on = false;
    wakes.wake(index);
    await heard(0, 'not-eligible', ({ reason }) => reason === 'it is switched off');
    await vi.waitFor(() => expect(wakes.isPresent(index)).toBe(false), 5000);
  });
});

describe('leaving', () => {
  it('makes the server forget the client, and deletes key and state', async () => {
    const { server, join, clientFolder, heard } = await federation();
    const client = await join(0, { data });
    await client.leave();
    expect(server.federation.access.clients.find(client.clientId)).toBeUndefined();
    expect(existsSync(clientPaths(clientFolder(0)).key)).toBe(false);
    expect((await heard(0, 'left')).forgotten).toBe(true);
  });

  it('works for a client that nobody has approved yet', async () => {
    const { server, join, clientFolder } = await federation({ enrolment: 'approval' });
    const client = await join(0, { data });
    await client.leave();
    expect(server.federation.access.clients.find(client.clientId)).toBeUndefined();
    expect(existsSync(clientPaths(clientFolder(0)).key)).toBe(false);
  });

  it('is for the client itself, also before it is approved', async () => {
    const { server, join, url, clientFolder } = await federation({ enrolment: 'approval' });
    const { clientId } = await join(0, { data });
    const thief = await createNodePlatform(url, { folder: clientFolder(1) });
    const signer = { ...thief.signer, keyId: clientId };
    const { send } = createApi({ ...thief, signer });
    await expect(send({ method: 'DELETE', target: PATHS.me })).rejects.toMatchObject({
      problem: 'wrong-signature',
    });
    thief.transport.close();
    expect(server.federation.access.clients.find(clientId)?.status).toBe('pending');
  });

  it('deletes everything here where the server has forgotten the client already', async () => {
    const { server, join, clientFolder } = await federation();
    const client = await join(0, { data });
    await server.federation.access.clients.forget(client.clientId);
    await client.leave();
    expect(existsSync(clientPaths(clientFolder(0)).key)).toBe(false);
  });
});

describe('the audit log of a client', () => {
  it('has everything that was sent before it was, and what came back', async () => {
    const { server, join, clientFolder } = await federation();
    const client = await join(0, { data });
    const run = await server.startRun(training);
    await run.over;
    await client.leave();
    const { audit } = clientPaths(clientFolder(0));
    expect(await verifyAuditLog(audit)).toMatchObject({ intact: true, torn: false });
    const lines: AuditLine[] = [];
    for await (const line of readAuditLog(audit)) lines.push(line);
    const sent = lines.flatMap((line) => (line.type === 'sending' ? [line] : []));
    const kinds = new Set(sent.map(({ kind }) => kind));
    expect([...kinds]).toEqual(['enrolment', 'check-in', 'evaluation', 'update', 'leaving']);
    const update = sent.find(({ kind }) => kind === 'update')!;
    expect(update).toMatchObject({ runId: run.runId, round: 1, exampleCount: data.train.indices.length });
    const receipts = lines.flatMap((line) => (line.type === 'receipt' ? [line] : []));
    expect(receipts).toHaveLength(sent.length);
    expect(receipts.find(({ sha256 }) => sha256 === update.sha256)?.outcome).toBe('accepted');
  });

  it('keeps the client from sending anything where it cannot be written', async () => {
    const { join, server } = await federation();
    const audit = { append: () => Promise.reject(new Error('the disk is full')), close: async () => {} };
    await expect(join(0, { data }, { audit })).rejects.toThrow('the disk is full');
    expect(server.federation.access.clients.counts().approved).toBe(0);
  });
});

describe('a client that asks a person', () => {
  it('takes part once the task is approved, and shows the graph that would run', async () => {
    const { server, join, clientFolder, heard, url } = await federation();
    const approvals = openApprovals(clientPaths(clientFolder(0)).tasks);
    await join(0, { data, accept: { approve: approvals.approver(url) } });
    const run = await server.startRun({ ...training, retry: { initialMs: 10, maxMs: 20 } });
    const { hash } = await heard(0, 'approval-needed');
    const record = await approvals.find(hash);
    expect(record).toMatchObject({ decision: 'pending', graph: { parameterCount: 7850 } });
    await approvals.decide(hash, 'approved');
    await run.over;
    expect(run.status()).toBe('finished');
  });
});

describe('a client on fetch and WebCrypto, as in a page', () => {
  it('takes part, and leaves', async () => {
    const { server, url } = await federation();
    const told: ClientEvent[] = [];
    let kept = true;
    const forgetKey = async () => {
      kept = false;
    };
    const { engine } = await chooseEngine();
    const client = await joinFromPage(url, {
      ...{ data, key: await generateKey(), forgetKey, onEvent: (event) => void told.push(event) },
      trainer: ({ data: of, model }) => createOnnxTrainer(engine, createModel(model.name, of)),
    });
    const run = await server.startRun(training);
    await run.over;
    expect(run.status()).toBe('finished');
    expect(told.find(({ type }) => type === 'update-sent')).toMatchObject({
      receipt: { outcome: 'accepted' },
    });
    await client.leave();
    expect(kept).toBe(false);
    expect(server.federation.access.clients.list()).toEqual([]);
  });
});
