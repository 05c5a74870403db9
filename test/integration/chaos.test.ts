/**
 * A federation where everything goes wrong at once: the network delays, drops, truncates, duplicates and reorders, the
 * server is killed at random moments, and so are a third of the clients of a round in its middle. The run ends as one
 * that nobody disturbed, and the log says exactly what was counted.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { simulate } from '../../dist/simulation/simulate.js';
import { readParams } from '../../src/params/safetensors.js';
import { seededRandom } from '../../src/random.js';
import type { RoundFinished, RunEvent } from '../../src/round/run-events.js';
import { openAccess } from '../../src/server/access.js';
import {
  freePort,
  type KillableServer,
  killableServer,
  type Speaker,
  startClients,
} from '../helpers/chaos-federation.js';
import { type ChaosProxy, startChaosProxy } from '../helpers/chaos-proxy.js';
import { emptyFolder, eventsOf } from '../helpers/cli.js';
import { type DigitSettings, drawDigits } from '../helpers/digit-clients.js';
import { distance, knownLayout, knownTask, meanOf } from '../helpers/known-updates.js';

const RATES = { delay: 0.2, drop: 0.04, truncate: 0.06, duplicate: 0.08, reorder: 0.08 };
const CLIENTS = 12;
const CLIENTS_PER_PROCESS = 2;
const SERVER_KILLS = 10;
/** A third of the cohort, in every so many rounds. */
const CLIENT_KILL_EVERY = 4;

const running: { kill(): Promise<void> }[] = [];
const proxies: ChaosProxy[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.kill()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

interface ChaosRun {
  readonly seed: number;
  /** Milliseconds from one kill of the server to the next, at most. */
  readonly maxKillMs: number;
  readonly run: Readonly<Record<string, unknown>> & { readonly rounds: number };
  readonly clients: { readonly module: string; readonly settings: unknown };
  readonly keep?: string;
}

/** Runs it to its end. */
async function runInChaos({ seed, maxKillMs, run, clients, keep }: ChaosRun) {
  const [folder, keys, port] = await Promise.all([emptyFolder(), emptyFolder(), freePort()]);
  const proxy = await startChaosProxy({ targetPort: port, seed, rates: RATES });
  proxies.push(proxy);
  const server = killableServer({
    ...{ folder, port, graceMs: 2_000 },
    run: { ...run, name: 'run' },
    ...(keep === undefined ? {} : { keep }),
  });
  running.push(server);
  const over = server.next(({ type }) => type === 'run-finished');
  await server.start();
  const hosts = startHosts({ url: `http://127.0.0.1:${proxy.port}`, folder: keys, ...clients });
  const stopKilling = new AbortController();
  const killing = Promise.all([
    killServer(server, seed, run.rounds, maxKillMs, stopKilling.signal),
    killClients(server, hosts, seed, stopKilling.signal),
  ]);
  await over;
  stopKilling.abort();
  const [serverKills, clientKills] = await killing;
  await Promise.all(running.splice(0).map((each) => each.kill()));
  const access = await openAccess(folder);
  const records = access.clients.list();
  await access.close();
  // The number that a client has in these tests, by that which the server gave it.
  const clientAt = records.map(({ attributes }) => Number(attributes.client));
  const events = await eventsOf(server.directory);
  return { directory: server.directory, events, serverKills, clientKills, clientAt, counts: proxy.counts };
}

/** Processes of clients: each can be killed, and starts again with the same keys. */
function startHosts(settings: { url: string; folder: string; module: string; settings: unknown }) {
  const hosts = Array.from({ length: CLIENTS / CLIENTS_PER_PROCESS }, (_, host) => {
    const clients = Array.from({ length: CLIENTS_PER_PROCESS }, (_, at) => host * CLIENTS_PER_PROCESS + at);
    let speaker: Speaker;
    let isOver = false;
    const start = () => {
      speaker = startClients({ ...settings, clients });
    };
    start();
    const each = {
      async restart() {
        await speaker.kill();
        if (!isOver) start();
      },
      async kill() {
        isOver = true;
        await speaker.kill();
      },
    };
    running.push(each);
    return each;
  });
  return hosts;
}

/** Kills the server at random moments and starts it again; what is in its log by then can always be read. */
async function killServer(
  server: KillableServer,
  seed: number,
  rounds: number,
  maxMs: number,
  signal: AbortSignal,
) {
  const random = seededRandom(seed, 'kills of the server');
  let kills = 0;
  for (let kill = 0; kill < SERVER_KILLS; kill++) {
    // Spread over the first two thirds of the run; what is late catches up.
    const round = 1 + Math.floor((kill * rounds * 2) / (SERVER_KILLS * 3));
    const reached = () => server.lines.some((line) => line.type === 'round-started' && line.round >= round);
    while (!reached()) await server.next(({ type }) => type === 'round-started');
    await server.next(({ type }) => type === 'client-trained' || type === 'run-finished');
    await delay(random.float() * maxMs);
    if (signal.aborted) break;
    await server.kill();
    const log = await readFile(join(server.directory, 'events.jsonl'), 'utf8');
    const lines = log.split('\n').slice(0, -1);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('type');
    await server.start();
    kills++;
  }
  return kills;
}

/** Kills a third of the clients of some rounds in the middle. */
async function killClients(
  server: KillableServer,
  hosts: readonly { restart(): Promise<void> }[],
  seed: number,
  signal: AbortSignal,
) {
  const random = seededRandom(seed, 'kills of clients');
  const stopped = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined)),
  );
  let kills = 0;
  for (let last = 0; !signal.aborted; ) {
    const line = await Promise.race([stopped, server.next(({ type }) => type === 'round-started')]);
    if (line?.type !== 'round-started' || line.round < last + CLIENT_KILL_EVERY) continue;
    last = line.round;
    await Promise.race([stopped, server.next(({ type }) => type === 'client-trained')]);
    if (signal.aborted) break;
    const unlucky = random.shuffle([...hosts]).slice(0, Math.ceil(hosts.length / 3));
    await Promise.all(unlucky.map((host) => host.restart()));
    kills += unlucky.length * CLIENTS_PER_PROCESS;
  }
  return kills;
}

/** What each finished round is made of, by the log: fails where a client counts twice, or one is not in the count. */
function checkedRounds(
  events: readonly RunEvent[],
): { finished: RoundFinished; clients: readonly number[] }[] {
  const rounds = [];
  let clients: number[] = [];
  let cohort: readonly number[] = [];
  for (const event of events) {
    if (event.type === 'round-started') [clients, cohort] = [[], event.cohort];
    if (event.type === 'client-trained') {
      expect(cohort).toContain(event.clientId);
      expect(clients).not.toContain(event.clientId);
      clients.push(event.clientId);
    }
    if (event.type !== 'round-finished') continue;
    expect(event.round).toBe(rounds.length);
    expect(event.trainedCount).toBe(clients.length);
    rounds.push({ finished: event, clients });
    clients = [];
  }
  return rounds;
}

describe('a federation in chaos', () => {
  it('has in the mean of each round exactly the updates that the log says, each once', async () => {
    const keep = await emptyFolder();
    const module = new URL('../helpers/known-updates.ts', import.meta.url).href;
    const { events, clientAt, serverKills, clientKills, counts } = await runInChaos({
      ...{ seed: 5, maxKillMs: 800, keep },
      run: {
        ...knownTask,
        ...{ rounds: 20, cohort: 8, minimumClients: 2, selectionMs: 1_000, deadlineMs: 20_000 },
        ...{ evaluation: 'none', retry: { initialMs: 100, maxMs: 500 } },
      },
      clients: { module, settings: { trainMs: 100 } },
    });
    const rounds = checkedRounds(events);
    expect(rounds).toHaveLength(21);
    expect(serverKills).toBe(SERVER_KILLS);
    expect(clientKills).toBeGreaterThan(0);
    expect(new Set(clientAt).size).toBe(CLIENTS);
    const { part: _, ...drawn } = counts;
    for (const fate of Object.values(drawn)) expect(fate).toBeGreaterThan(0);
    let before: Float32Array | undefined;
    for (const { finished, clients } of rounds) {
      const bytes = await readFile(join(keep, `${finished.round}.safetensors`));
      const { values } = readParams(bytes, knownLayout, 'model');
      if (before) {
        const known = clients.map((client) => clientAt[client]!);
        const expected = finished.outcome === 'failed' ? before : meanOf(known, before);
        expect(distance(values, expected)).toBeLessThanOrEqual(1e-6);
      }
      before = values;
    }
  });

  it('ends with the accuracy of a run that nobody disturbs', async () => {
    const training = { model: 'mlp', seed: 1, rounds: 18, localEpochs: 2, learningRate: 0.4, batchSize: 10 };
    const digits = { data: 'digits', examples: 12_000 } as const;
    const out = await emptyFolder();
    const undisturbed = await simulate({
      ...{ ...training, ...digits, out, threads: 1 },
      ...{ clients: CLIENTS, partition: 'iid', cohort: 8 },
    });
    const module = new URL('../helpers/digit-clients.ts', import.meta.url).href;
    const dealt: DigitSettings = {
      ...{ clientCount: CLIENTS, examples: digits.examples, seed: training.seed },
      file: join(out, 'digits'),
    };
    await drawDigits(dealt);
    const { events, serverKills, clientKills } = await runInChaos({
      ...{ seed: 6, maxKillMs: 2_000 },
      run: {
        ...{ ...training, ...digits },
        ...{ cohort: 8, minimumClients: 4, selectionMs: 2_000, deadlineMs: 60_000 },
        retry: { initialMs: 100, maxMs: 500 },
      },
      clients: { module, settings: dealt },
    });
    expect(checkedRounds(events)).toHaveLength(19);
    expect([serverKills, clientKills > 0]).toEqual([SERVER_KILLS, true]);
    const last = events.at(-1);
    const accuracy = last?.type === 'run-finished' ? (last.metrics?.accuracy ?? 0) : 0;
    const difference = Math.abs(accuracy - (undisturbed.finished.metrics?.accuracy ?? 1));
    console.log(
      'difference',
      difference,
      accuracy,
      checkedRounds(events)
        .map(({ finished }) => finished.outcome[0])
        .join(''),
    );
    // Two seeds that nobody disturbs differ by 0.17 points: 98.5% and 98.67%.
    expect(difference).toBeLessThanOrEqual(0.005);
  }, 200_000);
});
