/** Tests of what may be looked at of runs, over a folder without a server of clients. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, ask } from '../../test/helpers/ask.js';
import { linesOf } from '../../test/helpers/cli.js';
import type { RunClient, RunDetails, RunOverview, ServerOverview } from './control-messages.js';
import { createViewServer, type ViewServer } from './view-server.js';

const started = {
  ...{ type: 'run-started', runId: 'one', time: 1, model: 'mlp', parameterCount: 5, task: 'classification' },
  ...{ featureShape: [4], classNames: ['no', 'yes'], trainCount: 30, heldOutCount: 0, exampleBytes: 16 },
  ...{ rounds: 2, clients: [{ clientId: 0, name: '<b>Ward</b>', trainCount: 30, heldOutCount: 0 }] },
  engine: 'none',
};
const trained = (round: number) => ({
  ...{ type: 'client-trained', round, clientId: 0, exampleCount: 30, steps: 3, loss: 0.5, trainMs: 4 },
});
const finished = (round: number) => ({
  ...{ type: 'round-finished', round, outcome: 'aggregated', cohortSize: 1, trainedCount: 1, failedCount: 0 },
  ...{ downBytes: 9, upBytes: 9, wallMs: 5, modelSha256: 'a'.repeat(64) },
  metrics: { exampleCount: 10, loss: 0.4, accuracy: 0.9 },
});
const EVENTS = [started, finished(0), trained(1), finished(1)];
const END = { type: 'run-finished', reason: 'rounds', rounds: 1, bestRound: 1, wallMs: 9 };

let folder: string;
let view: ViewServer;
const log = (events: readonly object[]) =>
  writeFile(
    join(folder, 'one', 'events.jsonl'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-view-'));
  await mkdir(join(folder, 'one', 'models'), { recursive: true });
  await writeFile(join(folder, 'one', 'config.json'), JSON.stringify({ model: 'mlp', rounds: 2 }));
  await writeFile(join(folder, 'one', 'models', '1.safetensors'), 'a model');
  await log(EVENTS);
  view = createViewServer({ folder });
});
afterEach(async () => {
  view.close();
  await rm(folder, { recursive: true, force: true });
});

const asked = (path: string, more: Asked = {}) =>
  ask(view.handler, 'GET', `/v1/control${path}`, { token: view.token, ...more });
const typesOf = (text: string) => linesOf(text).map((line) => JSON.parse(line).type);

describe('a folder of runs', () => {
  it('is shown to whoever has the token, as a viewer, with what can be named', async () => {
    const overview = (await asked('')).json() as ServerOverview;
    expect(overview).toMatchObject({
      ...{ type: 'view', enrolment: null, openRuns: [] },
      operator: { name: 'viewer', role: 'viewer' },
      models: expect.arrayContaining(['logistic', '2nn']),
      datasets: expect.arrayContaining(['digits', 'mnist']),
    });
    expect((await ask(view.handler, 'GET', '/v1/control/runs')).status).toBe(401);
  });

  it('has its runs, read again when their logs have grown', async () => {
    const runs = async () => ((await asked('/runs')).json() as { items: RunOverview[] }).items;
    expect(await runs()).toMatchObject([{ runId: 'one', status: 'interrupted', round: 1, accuracy: 0.9 }]);
    await log([...EVENTS, END]);
    expect(await runs()).toMatchObject([{ runId: 'one', status: 'finished', reason: 'rounds' }]);
    expect((await asked('/runs/one')).json() as RunDetails).toMatchObject({ eventCount: 5, models: [1] });
  });

  it('has the events of a run, from any on and of some types alone', async () => {
    const events = async (query: string) => {
      const { text, headers } = await asked(`/runs/one/events${query}`);
      expect(headers['content-type']).toBe('application/jsonl');
      return typesOf(text);
    };
    expect(await events('')).toEqual(['run-started', 'round-finished', 'client-trained', 'round-finished']);
    expect(await events('?since=2')).toEqual(['client-trained', 'round-finished']);
    expect(await events('?types=round-finished')).toEqual(['round-finished', 'round-finished']);
    expect(await events('?since=2&types=run-started,round-finished')).toEqual(['round-finished']);
    expect(await events('?since=9')).toEqual([]);
    for (const wrong of ['', 'Round', 'a,', 'a;b', 'x'.repeat(50)]) {
      expect((await asked(`/runs/one/events?types=${wrong}`)).status, wrong).toBe(400);
    }
    const stream = { headers: { accept: 'text/event-stream' } };
    const { text } = await asked('/runs/one/events?types=client-trained', stream);
    expect(text).toMatch(/^id: 3\ndata: \{"type":"client-trained".*\n\nevent: over\ndata: \{\}\n\n$/);
  });

  it('has the clients of a run', async () => {
    const { items } = (await asked('/runs/one/clients')).json() as { items: RunClient[] };
    expect(items).toMatchObject([
      { clientId: 0, name: '<b>Ward</b>', trainCount: 30, rounds: 1, lastLoss: 0.5 },
    ]);
  });

  it('has the report of a run: drawn now while it goes on, as it was written once it has ended', async () => {
    const drawn = await asked('/runs/one/report');
    expect([drawn.status, drawn.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(drawn.text).toContain('<!doctype html>');
    expect(drawn.text).not.toContain('<b>Ward');
    expect(drawn.headers['content-security-policy']).toMatch(/^sandbox allow-scripts; default-src 'none'/);
    await log([...EVENTS, END]);
    await writeFile(join(folder, 'one', 'report.html'), 'as it was written');
    expect((await asked('/runs/one/report')).text).toBe('as it was written');
    await rm(join(folder, 'one', 'report.html'));
    expect((await asked('/runs/one/report')).text).toContain('<!doctype html>');
    await log([]);
    expect((await asked('/runs/one/report')).status).toBe(404);
  });

  it('shows nothing outside of it', async () => {
    for (const name of ['..', '.', '%2e%2e%2fone', 'none', '..%2F..%2Fetc']) {
      for (const what of ['', '/events', '/clients', '/report', '/models/1']) {
        expect((await asked(`/runs/${name}${what}`)).status, `${name}${what}`).toBe(404);
      }
    }
  });
});

describe('a run that goes on in the same process', () => {
  it('is told live: what it logs, what its clients do, how its round stands', async () => {
    await log([]);
    const run = view.watch();
    const live = asked('/runs/one/events', { headers: { accept: 'text/event-stream' } });
    expect((await live).text).toBe('event: over\ndata: {}\n\n');
    await log([started]);
    run.onEvent(started as never);
    const following = asked('/runs/one/events', { headers: { accept: 'text/event-stream' } });
    await expect.poll(async () => ((await asked('')).json() as ServerOverview).openRuns).toEqual(['one']);
    run.roundBegan(1, [0]);
    run.clientDoes(0, 'training');
    run.clientDoes(0, 'done');
    await log([started, trained(1)]);
    run.onEvent(trained(1) as never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    run.end();
    const { text } = await following;
    const told = [...text.matchAll(/^(?:id|event): (.*)$/gm)].map(([, name]) => name);
    expect(told.filter((name) => /^\d|over/.test(name ?? ''))).toEqual(['1', '2', 'over']);
    expect(told.filter((name) => name === 'activity')).toHaveLength(3);
    expect(text).toContain('"available":1');
  });
});
