/** The Worker's half in Node: a real server, IndexedDB as fake-indexeddb has it, locks of the test. */
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeLocks } from '../../test/helpers/fake-locks.js';
import { startFederation, type TestFederation } from '../../test/helpers/federation.js';
import { generateDigits } from '../data/digits.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError, TransportError } from '../errors.js';
import type { BrowserExamples } from './examples.js';
import { createLink, type MessageEnd } from './link.js';
import { createBreath, pacedEngine } from './paced-engine.js';
import type { ParticipantState } from './participant-state.js';
import type { WorkerSettings } from './settings.js';
import type { HostSide, PageSide } from './talk.js';
import type { Locks } from './turn.js';
import { createHost } from './worker-host.js';

const open: TestFederation[] = [];
const hosts: HostSide[] = [];
const ports: MessagePort[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  for (const port of ports.splice(0)) port.close();
  await Promise.all(open.splice(0).map((federation) => federation.close()));
});
async function federation(...options: Parameters<typeof startFederation>): Promise<TestFederation> {
  const started = await startFederation(...options);
  open.push(started);
  return started;
}

const { train: digits } = generateDigits({ trainCount: 50, testCount: 1, seed: 1 });
const training = {
  ...{ model: 'logistic', task: 'classification', featureShape: [1, 28, 28], classNames: digits.classNames },
  ...{ cohort: 1, minimumClients: 1, overSelection: 1, rounds: 2, deadlineMs: 60_000 },
} as const;

interface Tab {
  readonly host: HostSide;
  readonly states: ParticipantState[];
}

/** A tab whose page answers with these examples. */
function tab(
  server: string,
  {
    examples = digits,
    locks = fakeLocks(),
    ...changes
  }: Partial<WorkerSettings> & {
    readonly examples?: BrowserExamples;
    readonly locks?: Locks;
  } = {},
): Tab {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1);
  const states: ParticipantState[] = [];
  const page: PageSide = {
    state: (state) => void states.push(state),
    event: () => {},
    examples: async () => examples,
    approve: async () => 'approved',
  };
  createLink<object>(port2 as MessageEnd, page);
  port1.start();
  port2.start();
  const settings: WorkerSettings = {
    ...{ server, storage: 'test', eligibility: { minExamples: 1 }, accept: {}, asksApproval: false },
    ...{ heldOutFraction: 0.2, engine: {}, source: { type: 'page', changes: false } },
    ...changes,
  };
  const place = {
    locks,
    async chooseEngine() {
      const { engine, ...rest } = await chooseEngine();
      return { engine: pacedEngine(engine, createBreath()), ...rest };
    },
  };
  const facts = { visibility: 'visible', charging: null } as const;
  const host = createHost(createLink<PageSide>(port1 as MessageEnd, {}), place, settings, facts);
  hosts.push(host);
  return { host, states };
}
const last = ({ states }: Tab) => states.at(-1);
const databases = async (server: string) =>
  (await indexedDB.databases()).flatMap(({ name }) => (name?.includes(server) ? [name] : []));

describe('a participant', () => {
  it('takes part, keeps what it gave and what it sent, and finds both again', async () => {
    const { server, url } = await federation();
    const first = tab(url);
    await first.host.start();
    const run = await server.startRun({ ...training, title: 'Digits' });
    await run.over;
    await expect.poll(() => last(first)?.totals.updates).toBe(2);
    const { clientId } = last(first)!;
    await first.host.stop();
    expect(await databases(url)).toEqual([`test ${url}`]);
    const second = tab(url);
    await expect.poll(() => last(second)).toMatchObject({ status: 'off', clientId, totals: { updates: 2 } });
    const history = await second.host.history();
    expect(history.map(({ kind, round }) => `${kind} ${round}`)).toEqual([
      'evaluation 2',
      'update 2',
      'evaluation 1',
      'update 1',
      'evaluation 0',
    ]);
    expect(history[1]).toMatchObject({
      ...{ title: 'Digits', runId: run.definition.runId, exampleCount: 40, outcome: 'accepted' },
      protection: { transport: 'plain-loopback', minimumCohort: 1 },
    });
    const requests = await second.host.requests();
    const updates = requests.filter(({ purpose }) => purpose === 'update');
    expect(updates).toMatchObject(
      [1, 3].map((at) => ({ bytes: history[at]?.bytes, method: 'PUT', status: 200 })),
    );
    expect(updates[0]).not.toHaveProperty('body');
    const checkIn = requests.find(({ purpose }) => purpose === 'check-in');
    expect(checkIn?.body).toBe('{"encodings":["float32"],"exampleCount":40,"heldOutCount":10}');
  });

  it('leaves a server that it cannot reach only where that is asked for', async () => {
    const { url, stopServer } = await federation();
    const one = tab(url);
    await one.host.start();
    await stopServer();
    const leaving = one.host.leave({ timeoutMs: 300 });
    await expect(leaving).rejects.toThrow(TransportError);
    await expect(leaving).rejects.toThrow(`nothing was deleted, since ${url} could not be told`);
    expect(await databases(url)).toHaveLength(1);
    await one.host.leave({ timeoutMs: 300, evenIfUnreachable: true });
    expect(await databases(url)).toEqual([]);
    await expect.poll(() => last(one)?.status).toBe('left');
  });

  it('leaves by the tab that takes part, and not by another', async () => {
    const { url } = await federation();
    const locks = fakeLocks();
    const [first, second] = [tab(url, { locks }), tab(url, { locks })];
    await first.host.start();
    await second.host.start();
    await expect.poll(() => last(second)?.status).toBe('elsewhere');
    await expect(second.host.leave({})).rejects.toThrow(
      new ConfigError('leaving must be asked of the tab that takes part, got asked in another'),
    );
    await second.host.start();
    await first.host.leave({});
    await expect.poll(() => last(second)?.status).toBe('waiting');
    expect(last(second)?.clientId).toMatch(/^[\w-]{43}$/);
  });

  it('sends nothing and keeps nothing before it is started', async () => {
    const { url, server } = await federation();
    await server.startRun({ ...training, name: 'open' });
    const one = tab(url);
    expect((await one.host.offers()).map(({ definition }) => definition.runId)).toEqual(['open']);
    expect(await one.host.requests()).toMatchObject([{ purpose: 'offers', method: 'GET', bytes: 0 }]);
    expect(await databases(url)).toEqual([]);
    expect(server.federation.access.clients.list()).toEqual([]);
  });

  it('guesses with the newest model of a run, before and while it takes part', async () => {
    const { url, server } = await federation();
    const run = await server.startRun({ ...training, name: 'open', rounds: 3, learningRate: 0.5 });
    const one = tab(url);
    const before = await one.host.predict('open', digits.features.slice(0, 784));
    expect(before.round).toBe(0);
    expect(before.outputs).toHaveLength(10);
    expect(before.probabilities.reduce((sum, each) => sum + each)).toBeCloseTo(1, 5);
    const label = digits.labels[0] ?? 0;
    await one.host.start();
    await run.over;
    await expect.poll(() => last(one)?.totals.updates).toBe(3);
    const after = await one.host.predict('open', digits.features.slice(0, 784));
    expect(after.round).toBeGreaterThanOrEqual(2);
    expect(after.probabilities[label]).toBeGreaterThan(before.probabilities[label] ?? 1);
    await expect(one.host.predict('open', new Float32Array(3))).rejects.toThrow(
      'features must have 784 elements for logistic, got 3',
    );
    await expect(one.host.predict('closed', new Float32Array(784))).rejects.toThrow(
      'run must be one that the server offers, got "closed"',
    );
  });

  it('learns from text and suggests, with the vocabulary that the task names', async () => {
    const { url, server } = await federation();
    const run = await server.startRun({
      ...{ cohort: 1, minimumClients: 1, overSelection: 1, rounds: 2, deadlineMs: 60_000, name: 'text' },
      ...{
        model: 'word-cifg',
        task: 'next-token',
        featureShape: [6],
        tokens: 'words',
        vocabulary: 'hashed:500',
      },
    });
    const texts = Array.from({ length: 20 }, () => 'the quick brown fox jumps over the lazy dog');
    const one = tab(url, { examples: { texts } });
    await one.host.start();
    await run.over;
    expect(run.status()).toBe('finished');
    await expect.poll(() => last(one)?.totals.updates).toBe(2);
    const { suggestions } = await one.host.suggest('text', 'the quick');
    expect(suggestions).toHaveLength(3);
    for (const { text } of suggestions) expect(texts[0]).toContain(text);
  });

  it('says at the start what is wrong with the examples, and lets nobody know that it is there', async () => {
    const { url, server } = await federation();
    const broken = { ...digits, labels: new Float32Array(3) };
    const one = tab(url, { examples: broken });
    await expect(one.host.start()).rejects.toThrow(
      'examples must have 39200 features and a label each for 50 examples, got 39200 and 3',
    );
    await expect.poll(() => last(one)).toMatchObject({ status: 'failed', error: { code: 'shape' } });
    expect(server.federation.access.clients.list()).toEqual([]);
  });

  it('reads a table in the Worker', async () => {
    const { url } = await federation();
    const csv = new Blob(['age,ill\n30,no\n50,yes\n40,no\n60,yes\n']);
    const one = tab(url, { examples: { csv, options: { label: 'ill' } } });
    await one.host.start();
    await expect.poll(() => last(one)?.exampleCount).toBe(4);
  });

  it('takes no part while a rule of its owner says no, and does as soon as the page sees that it may', async () => {
    const { url } = await federation();
    const one = tab(url, { eligibility: { charging: true } });
    await one.host.start();
    await expect.poll(() => last(one)?.status).toBe('not-eligible');
    one.host.facts({ visibility: 'visible', charging: false });
    await expect.poll(() => last(one)?.sentence).toContain('it is not charging');
    one.host.facts({ visibility: 'visible', charging: true });
    await expect.poll(() => last(one)?.status).toBe('waiting');
    one.host.facts({ visibility: 'visible', charging: false });
    await expect.poll(() => last(one)?.status).toBe('not-eligible');
  });
});
