/** Rounds over HTTP whose clients do no work: what the framework takes beside bare `node:http`, and its memory. */
import { median, numberAfter, say, tableText } from './child.js';
import { type Memory, type Peer, startPeer } from './peer.js';

const MODELS = {
  '0.8': { model: '2nn', featureShape: [28, 28], bytes: 796_840 },
  '6.6': { model: 'cnn', featureShape: [1, 28, 28], bytes: 6_653_480 },
  '66': { model: '2nn', featureShape: [82_600], bytes: 66_249_640 },
} as const;
type ModelSize = keyof typeof MODELS;

const CLIENTS: Readonly<Record<ModelSize, readonly number[]>> = {
  '0.8': [10, 50, 100, 200],
  '6.6': [10, 50, 100, 200],
  '66': [10, 50, 100],
};

/** Rounds of one measurement move about so many bytes, between these bounds. */
const BYTES = 1e9;
const MIN_ROUNDS = 2;
const MAX_ROUNDS = 50;
const REPEATS = 3;
const MOST_RATIO = 1.5;
const MOST_GAP_MS = 100;
const MOST_MODELS = 3;

/** One way to do rounds, measured once. Milliseconds a round: on the clock, and of both processes. */
interface Cost {
  readonly ms: number;
  readonly serverMs: number;
  readonly clientsMs: number;
}

interface Measured extends Cost {
  /** From the end of each round to the start of the next. */
  readonly gaps: readonly number[];
}

/**
 * Options: `--models 0.8,6.6,66`, `--clients 10,50,100,200`, `--repeats <n>` (default 3), `--megabytes <n>` that the
 * rounds of one measurement move (default 1000), `--profile <folder>` for CPU profiles of server and clients.
 */
export async function benchNetwork(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  const bytes = numberAfter(words, '--megabytes', BYTES / 1e6) * 1e6;
  const sizes = listAfter(words, '--models') ?? Object.keys(MODELS);
  const profile = listAfter(words, '--profile')?.[0];
  for (const size of sizes as ModelSize[]) {
    const counts = listAfter(words, '--clients')?.map(Number) ?? CLIENTS[size];
    const rows: string[][] = [];
    say(`\nmodel of ${size} MB`);
    const peaks: number[] = [];
    const gaps: number[] = [];
    const hashed: number[] = [];
    for (const clients of counts) {
      const { row, peakMb, gapMs, hashedRatio } = await measure(size, clients, { repeats, bytes, profile });
      rows.push(row);
      say(row.join('  '));
      peaks.push(peakMb);
      gaps.push(gapMs);
      hashed.push(hashedRatio);
    }
    say(`milliseconds are medians of ${repeats}, CPU is that of server and clients`);
    say(tableText([HEAD, ...rows]));
    const growth = ((peaks.at(-1) ?? 0) - (peaks[0] ?? 0)) / (MODELS[size].bytes / 2 ** 20);
    const met = growth < MOST_MODELS ? 'met' : 'missed';
    say(`the server's memory grows by ${growth.toFixed(1)} models, less than ${MOST_MODELS}: ${met}`);
    const near = hashed.map((ratio) => ratio.toFixed(2)).join(', ');
    const fast = hashed.every((ratio) => ratio <= MOST_RATIO) ? 'met' : 'missed';
    say(`times the CPU of the floor with SHA-256: ${near}, at most ${MOST_RATIO}: ${fast}`);
    const soon = gaps.every((ms) => ms < MOST_GAP_MS) ? 'met' : 'missed';
    say(`each median of gaps between rounds is below ${MOST_GAP_MS} ms: ${soon}`);
  }
}

const HEAD = [
  ...['clients', 'rounds/s', 'ms a round', 'CPU ms', 'of server', 'floor ms', 'CPU ms'],
  ...['ratio', 'of CPU', 'with SHA-256', 'of CPU', 'gap ms', 'most', 'peak MB', 'PSS MB', ''],
];

async function measure(
  size: ModelSize,
  clients: number,
  { repeats, bytes, profile }: { repeats: number; bytes: number; profile: string | undefined },
): Promise<{ row: string[]; peakMb: number; gapMs: number; hashedRatio: number }> {
  const model = MODELS[size];
  const rounds = Math.max(MIN_ROUNDS, Math.min(MAX_ROUNDS, Math.round(bytes / (clients * model.bytes))));
  const profiled = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const server = startPeer('bench/network-server.mjs', profiled);
  const hosts = startPeer('bench/network-clients.mjs', profiled);
  const floor: Pair = [startPeer('bench/network-floor.mjs'), startPeer('bench/network-floor.mjs')];
  const peers = [server, hosts, ...floor];
  try {
    const url = await server.ask<string>('url');
    await hosts.ask('join', { url, clients, ...model });
    const port = await floor[0].ask<number>('listen', { bytes: model.bytes });
    await floor[1].ask('connect', { clients, bytes: model.bytes, port });
    const own: Measured[] = [];
    const bare: Cost[] = [];
    const hashed: Cost[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      own.push(await frameworkRounds([server, hosts], { clients, rounds, ...model }));
      bare.push(await floorRounds(floor, { port, rounds, hashed: false }));
      hashed.push(await floorRounds(floor, { port, rounds, hashed: true }));
    }
    const { peakMb, pssMb } = await server.ask<Memory>('memory');
    await hosts.ask('stop');
    await server.ask('close');
    const gapMs = median(own.flatMap(({ gaps }) => gaps));
    const hashedRatio = median(own.map((cost, repeat) => cpuMs(cost) / cpuMs(hashed[repeat] as Cost)));
    return { row: rowOf(clients, { own, bare, hashed }, peakMb, pssMb), peakMb, gapMs, hashedRatio };
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
}

type Pair = readonly [server: Peer, clients: Peer];

async function cpuOf(pair: Pair): Promise<readonly [number, number]> {
  const [server, clients] = await Promise.all(pair.map((peer) => peer.ask<number>('cpu')));
  return [server ?? 0, clients ?? 0];
}

async function frameworkRounds(
  pair: Pair,
  question: Readonly<Record<string, unknown>> & { rounds: number },
): Promise<Measured> {
  const marks: Promise<readonly [number, number]>[] = [];
  pair[0].onSaid(() => marks.push(cpuOf(pair)));
  const { ms, gaps } = await pair[0].ask<{ ms: number; gaps: number[] }>('run', question);
  const [before = [0, 0], after = [0, 0]] = await Promise.all(marks.slice(0, 2));
  return { ms, gaps, ...each(before, after, question.rounds) };
}

async function floorRounds(
  pair: Pair,
  question: { port: number; rounds: number; hashed: boolean },
): Promise<Cost> {
  await pair[1].ask('rounds', { ...question, rounds: 1 });
  const before = await cpuOf(pair);
  const startedAt = performance.now();
  await pair[1].ask('rounds', question);
  const ms = (performance.now() - startedAt) / question.rounds;
  return { ms, ...each(before, await cpuOf(pair), question.rounds) };
}

function each(before: readonly [number, number], after: readonly [number, number], rounds: number) {
  return { serverMs: (after[0] - before[0]) / rounds, clientsMs: (after[1] - before[1]) / rounds };
}

const cpuMs = ({ serverMs, clientsMs }: Cost) => serverMs + clientsMs;

function rowOf(
  clients: number,
  { own, bare, hashed }: { own: readonly Measured[]; bare: readonly Cost[]; hashed: readonly Cost[] },
  peakMb: number,
  pssMb: number,
): string[] {
  const ms = (costs: readonly Cost[]) => median(costs.map((cost) => cost.ms));
  const of = (costs: readonly Cost[]) => median(costs.map(cpuMs));
  const ratio = (floor: readonly Cost[], part: (cost: Cost) => number) =>
    median(own.map((cost, repeat) => part(cost) / part(floor[repeat] as Cost)));
  const gaps = own.flatMap((measured) => measured.gaps);
  const ratios = [bare, hashed].flatMap((floor) => [ratio(floor, (cost) => cost.ms), ratio(floor, cpuMs)]);
  return [
    String(clients),
    (1000 / ms(own)).toFixed(2),
    ...[ms(own), of(own), median(own.map(({ serverMs }) => serverMs)), ms(bare), of(bare)].map((value) =>
      value.toFixed(1),
    ),
    ...ratios.map((value) => value.toFixed(2)),
    ...[median(gaps), Math.max(...gaps)].map((value) => value.toFixed(1)),
    ...[peakMb, pssMb].map((value) => value.toFixed(0)),
    (ratios[1] ?? 0) <= MOST_RATIO ? 'met' : 'missed',
  ];
}

function listAfter(words: readonly string[], flag: string): string[] | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : (words[at + 1] ?? '').split(',');
}
