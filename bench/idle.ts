/** Clients that wait on the wake-up channel: their memory on the server, how soon a round calls them, what a check-in costs. */
import { median, numberAfter, say } from './child.js';
import { type Memory, type Peer, startPeer } from './peer.js';

const CLIENTS = 5000;
const COHORT = 100;
const ROUNDS = 3;
const MOST_MB = 100;
const MOST_MS = 1000;
const LEAST_PER_SECOND = 2000;

const CHECK_IN_KEYS = 500;
const CHECK_INS_EACH = 8;
const REPEATS = 5;

/**
 * Options: `--clients <n>` (default 5000; both processes need as many open files, see `ulimit -n`), `--repeats <n>`
 * (default 5).
 */
export async function benchIdle(words: readonly string[]): Promise<void> {
  await idle(numberAfter(words, '--clients', CLIENTS));
  await checkIns(numberAfter(words, '--repeats', REPEATS));
}

interface Pair {
  readonly server: Peer;
  readonly clients: Peer;
  readonly url: string;
  /** Of the server before anybody was enrolled. */
  readonly before: Memory;
}

async function withPair(keys: number, act: (pair: Pair) => Promise<void>): Promise<void> {
  const server = startPeer('bench/network-server.mjs', ['--expose-gc']);
  const clients = startPeer('bench/idle-clients.mjs');
  try {
    const url = await server.ask<string>('url');
    const before = await server.ask<Memory>('memory', { collected: true });
    await server.ask('enrol', { keys: await clients.ask('makeKeys', { count: keys }) });
    say(`\nthe idle server has ${before.pssMb.toFixed(0)} MB; ${keys} clients are enrolled`);
    await act({ server, clients, url, before });
  } finally {
    // The clients first: a server that ends would call them all.
    await clients.stop();
    await server.ask('close').catch(() => {});
    await server.stop();
  }
}

async function idle(count: number): Promise<void> {
  await withPair(count, async ({ server, clients, url, before }) => {
    await clients.ask('wait', { url });
    const waiting = await server.ask<number>('waiting');
    const above = async (collected: boolean) =>
      (await server.ask<Memory>('memory', { collected })).pssMb - before.pssMb;
    const withGarbage = await above(false);
    const mb = await above(true);
    say(
      `${waiting} clients wait: with their records ${mb.toFixed(0)} MB more, ${((mb * 1024) / waiting).toFixed(1)} KB each`,
    );
    verdict('memory of clients that wait, MB', mb, MOST_MB);
    say(`with the garbage that their coming left: ${withGarbage.toFixed(0)} MB more`);
    const times: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const begun = await server.ask<number>('open', { clients: COHORT });
      const all = await clients.ask<number>('tasks', { count: COHORT * round });
      times.push(all - begun);
      await server.ask('end');
    }
    say(`a round of ${COHORT} among them: all have their task after ${times.join(', ')} ms`);
    verdict('a round has started, ms', median(times), MOST_MS);
  });
}

async function checkIns(repeats: number): Promise<void> {
  await withPair(CHECK_IN_KEYS, async ({ server, clients, url }) => {
    const costs: number[] = [];
    const rates: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const count = await clients.ask<number>('sign', { url, each: CHECK_INS_EACH });
      const cpuBefore = await server.ask<number>('cpu');
      const startedAt = performance.now();
      await clients.ask('checkIns');
      rates.push(count / ((performance.now() - startedAt) / 1000));
      costs.push(((await server.ask<number>('cpu')) - cpuBefore) / count);
    }
    const ms = median(costs);
    say(`a check-in takes the server ${(1000 * ms).toFixed(0)} us of CPU time, all its threads together`);
    say(`as fast as they came: ${median(rates).toFixed(0)} a second`);
    const perSecond = 1000 / ms;
    const met = perSecond >= LEAST_PER_SECOND ? 'met' : 'MISSED';
    say(`check-ins a second of one core: ${perSecond.toFixed(0)}, at least ${LEAST_PER_SECOND}: ${met}`);
  });
}

function verdict(what: string, value: number, most: number): void {
  say(`${what}: ${value.toFixed(0)}, at most ${most}: ${value <= most ? 'met' : 'MISSED'}`);
}
