/** Tests of what operators ask about runs, without a port. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, ask } from '../../test/helpers/ask.js';
import { linesOf } from '../../test/helpers/cli.js';
import type { RunEvent } from '../round/run-events.js';
import { readVocabulary } from '../store/stored-run.js';
import type { AuditLine } from './audit-log.js';
import type { RunDetails, RunOverview } from './control-messages.js';
import { keyIdOf } from './key-id.js';
import { createFederationServer, type FederationServer } from './server.js';

const settings = {
  model: 'mlp',
  ...{ name: 'one', rounds: 3, cohort: 1, overSelection: 2, evaluation: 'none', reports: 'update' },
  ...{ task: 'classification', featureShape: [4], classCount: 2, selectionMs: 0 },
};

let folder: string;
let server: FederationServer;
let token: string;
/** Settles when the run has logged such an event. */
let logged: (fits: (event: RunEvent) => boolean) => Promise<RunEvent>;

async function open(): Promise<void> {
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  server = await createFederationServer({
    folder: join(folder, 'runs'),
    enrolment: 'open',
    onEvent(_, event) {
      events.push(event);
      for (const look of waiting) look();
    },
  });
  token = server.firstToken ?? token;
  logged = (fits) =>
    new Promise((resolve) => {
      const look = () => {
        const found = events.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-control-'));
  await open();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const asked = (method: string, path: string, more: Asked = {}) =>
  ask(server.handler, method, `/v1/control/runs${path}`, { token, ...more });
const details = async () => (await asked('GET', '/one')).json() as RunDetails;

/** A client that has checked in: it is asked as soon as a round begins. */
async function comes(): Promise<{ index: number; keyId: string }> {
  const { access, availability, clientCame } = server.federation;
  const publicKey = randomBytes(32);
  const record = await access.clients.enrol({ publicKey, keyId: keyIdOf(publicKey) }, 'open');
  availability.note(record.index, record.population, { attributes: {} }, 60_000);
  clientCame();
  return record;
}

describe('runs by the control API', () => {
  it('start with settings, and show how they stand', async () => {
    const started = await asked('POST', '', { json: settings });
    expect([started.status, started.json()]).toEqual([
      201,
      expect.objectContaining({ runId: 'one', status: 'running', type: 'served', rounds: 3 }),
    ]);
    await logged(({ type }) => type === 'round-finished');
    expect(((await asked('GET', '')).json() as { items: RunOverview[] }).items).toMatchObject([
      { runId: 'one', status: 'running', round: 0, reason: null, failure: null },
    ]);
    await comes();
    await logged(({ type }) => type === 'round-started');
    const shown = await details();
    expect(shown.open).toMatchObject({ phase: 'training', round: 1, cohort: 1, waiting: 1 });
    expect(shown.config).toMatchObject({ rounds: 3, cohort: 1 });
    expect(shown.events.map(({ type }) => type)).toEqual(['run-started', 'round-finished', 'round-started']);
  });

  it('are refused in a sentence where the settings are wrong, and nothing is written', async () => {
    const wrong: readonly [object, string][] = [
      [{ ...settings, rounds: -1 }, 'rounds must be'],
      [{ ...settings, trainer: { module: './own.ts' } }, 'settings must be among'],
      [{ ...settings, name: '../../elsewhere' }, 'name must be'],
      [{ ...settings, featureShape: undefined, task: undefined, classCount: undefined }, 'must be given'],
    ];
    for (const [json, sentence] of wrong) {
      const answer = await asked('POST', '', { json });
      expect([answer.status, answer.json()], sentence).toEqual([
        400,
        expect.objectContaining({ detail: expect.stringContaining(sentence) }),
      ]);
    }
    expect((await asked('GET', '')).json()).toMatchObject({ items: [] });
    await asked('POST', '', { json: settings });
    expect((await asked('POST', '', { json: settings })).status).toBe(400);
  });

  it('are found by their names and nowhere else', async () => {
    for (const name of ['..%2F..%2Fetc', '%2Fetc%2Fpasswd', '.', 'none']) {
      expect((await asked('GET', `/${name}`)).status, name).toBe(404);
      expect((await asked('GET', `/${name}/events`)).status, name).toBe(404);
      expect((await asked('GET', `/${name}/models/0`)).status, name).toBe(404);
    }
  });

  it('pause where the open round ends, and go on', async () => {
    await asked('POST', '', { json: settings });
    await logged(({ type }) => type === 'round-finished');
    expect((await asked('POST', '/one/pause')).json()).toMatchObject({ status: 'paused' });
    expect((await details()).open?.phase).toBe('paused');
    await comes();
    expect((await asked('POST', '/one/resume')).json()).toMatchObject({ status: 'running' });
    await logged(({ type }) => type === 'round-started');
  });

  it('stop for good: with an end in the log, a report, and nothing for the next server to go on with', async () => {
    await asked('POST', '', { json: settings });
    await comes();
    await logged(({ type }) => type === 'round-started');
    expect((await asked('POST', '/one/stop')).json()).toMatchObject({ status: 'stopped' });
    expect((await details()).events.at(-1)).toMatchObject({ type: 'run-finished', reason: 'user' });
    expect(await readFile(join(folder, 'runs', 'one', 'report.html'), 'utf8')).toContain('<!doctype html>');
    expect((await asked('POST', '/one/stop')).status).toBe(409);
    expect((await asked('POST', '/one/resume')).status).toBe(409);
    await server.close();
    await open();
    expect(await server.resumeRuns()).toEqual([]);
    expect((await asked('GET', '')).json()).toMatchObject({ items: [{ status: 'stopped', reason: 'user' }] });
  });

  it('go on in their open round when the server comes back', async () => {
    await asked('POST', '', { json: settings });
    const { index } = await comes();
    await logged(({ type }) => type === 'round-started');
    const before = server.federation.hostOf('one');
    await server.close();
    // An update that is still on its way is not said to be counted where it will be lost.
    const metadata = { exampleCount: 1, steps: 1, loss: 0, trainMs: 1 };
    expect(() => before?.receive(index, 1, new Float32Array(0), metadata)).toThrow(
      'the run does not go on here for now',
    );
    await open();
    expect((await asked('GET', '')).json()).toMatchObject({ items: [{ status: 'interrupted' }] });
    const resumed = await asked('POST', '/one/resume');
    expect(resumed.json()).toMatchObject({ status: 'running', round: 0 });
    expect((await details()).open).toMatchObject({ phase: 'training', round: 1, cohort: 1, waiting: 1 });
    expect(server.federation.hostOf('one')?.state.waiting).toEqual([index]);
  });

  it('go on without a client that is revoked in the middle of a round', async () => {
    await asked('POST', '', { json: { ...settings, retry: { initialMs: 0, maxMs: 0 } } });
    const { index } = await comes();
    await logged(({ type }) => type === 'round-started');
    let ended = false;
    const gone = new AbortController();
    const channel = server.federation.wakes.stream(index, {
      ...{ method: 'GET', target: '/v1/wake', authority: '', headers: {}, remoteAddress: '' },
      body: () => () => {},
      onClose: (listener) => gone.signal.addEventListener('abort', listener),
    });
    if (typeof channel.body === 'function') {
      channel.body({
        write: () => {},
        end: () => {
          ended = true;
        },
      });
    }
    await ask(server.handler, 'POST', `/v1/control/clients/${index}/revoke`, { token });
    expect(await logged(({ type }) => type === 'client-failed')).toMatchObject({
      clientId: index,
      reason: 'an operator has revoked the client',
    });
    expect(await logged((event) => event.type === 'round-finished' && event.round === 1)).toMatchObject({
      outcome: 'failed',
    });
    expect(ended).toBe(true);
    gone.abort();
    const host = server.federation.hostOf('one');
    expect(host?.standing(index, 1)).toMatchObject({ outcome: 'dropped' });
    expect(server.federation.availability.find(index)).toBeUndefined();
    const other = await comes();
    expect(
      await logged((event) => event.type === 'round-started' && event.cohort.includes(other.index)),
    ).toMatchObject({ cohort: [other.index] });
  });

  it('hand out their events, from any on, and live', async () => {
    await asked('POST', '', { json: settings });
    await logged(({ type }) => type === 'round-finished');
    const lines = linesOf((await asked('GET', '/one/events')).text).map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['run-started', 'round-finished']);
    expect(linesOf((await asked('GET', '/one/events?since=1')).text)).toHaveLength(1);
    const live = asked('GET', '/one/events?since=1', { headers: { accept: 'text/event-stream' } });
    await comes();
    await logged(({ type }) => type === 'round-started');
    await asked('POST', '/one/stop');
    const { text } = await live;
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const types = [...text.matchAll(/^data: (\{"type.*)$/gm)].map(([, json]) => JSON.parse(json ?? '').type);
    expect(types).toEqual(['round-finished', 'round-started', 'run-finished']);
    expect(ids).toEqual([2, 3, 4]);
    expect(text).toMatch(/event: over\ndata: \{\}\n\n$/);
    const again = await asked('GET', '/one/events', {
      headers: { accept: 'text/event-stream', 'last-event-id': '3' },
    });
    expect([...again.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(['4']);
  });

  it('hand out their models', async () => {
    await asked('POST', '', { json: settings });
    await logged(({ type }) => type === 'round-finished');
    const answer = await asked('GET', '/one/models/latest');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/vnd.safetensors']);
    expect((await asked('GET', '/one/models/7')).status).toBe(404);
    expect((await asked('GET', '/one/models/x')).status).toBe(404);
  });

  it('leave every change in the audit log', async () => {
    await asked('POST', '', { json: settings });
    for (const what of ['pause', 'resume', 'stop']) await asked('POST', `/one/${what}`);
    const { items } = (await ask(server.handler, 'GET', '/v1/control/audit', { token })).json() as {
      items: AuditLine[];
    };
    expect(items.map(({ actor, action, subject }) => `${actor}: ${action}, ${subject}`).slice(0, 4)).toEqual([
      'operator first: run-stopped, run one',
      'operator first: run-resumed, run one',
      'operator first: run-paused, run one',
      'operator first: run-started, run one',
    ]);
  });

  it('keep the vocabulary of text, for whoever asks the model later', async () => {
    const file = join(folder, 'texts.tsv');
    await writeFile(file, `text\tauthor\n${'the cat sat on the mat and looked at it\tAnn\n'.repeat(20)}`);
    const text = { data: file, text: 'text', groupBy: 'author', tokens: 'words', vocabulary: 'hashed:64' };
    const json = { name: 'words', rounds: 1, model: 'transformer', evaluation: 'none', ...text };
    expect((await asked('POST', '', { json })).status).toBe(201);
    const started = await logged(({ type }) => type === 'run-started');
    expect(started).toMatchObject({ task: 'next-token', classNames: [] });
    const { names } = await readVocabulary(join(folder, 'runs', 'words'));
    expect(started).toMatchObject({ vocabularySize: names.length });
  });
});
