/**
 * A server and ten clients, each a process of its own, train together and end with the parameters of a simulation.
 * Run: `npm run demo:network`; MNIST where TESSERA_DATA has it, drawn digits elsewhere.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { listRuns, type RunEvent, readModel, readParams, simulate } from 'tessera';

const { TESSERA_DATA = '' } = process.env;
const { values: given } = parseArgs({
  options: {
    clients: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    model: { type: 'string', default: '2nn' },
    seed: { type: 'string', default: '1' },
    examples: { type: 'string', default: '2000' },
  },
});
const data = TESSERA_DATA !== '' && existsSync(join(TESSERA_DATA, 'mnist')) ? 'mnist' : 'digits';
const drawn = data === 'digits' ? ['--examples', given.examples] : [];
const [clients, rounds] = [Number(given.clients), Number(given.rounds)];

const tessera = join(
  dirname(createRequire(import.meta.url).resolve('tessera/package.json')),
  'dist/cli/main.js',
);
const processes: ChildProcess[] = [];

/** Starts `tessera` with these words. */
function start(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [tessera, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  return child;
}

/** The first line that `find` makes something of. */
function line<T>(child: ChildProcess, from: 'stdout' | 'stderr', find: (text: string) => T | undefined) {
  return new Promise<T>((resolve, reject) => {
    const said: string[] = [];
    createInterface({ input: child[from]! }).on('line', (text) => {
      said.push(text);
      const found = find(text);
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`a process ended early: ${said.join('\n')}`)));
  });
}

/** Ends everything that was started, and waits until it has ended. */
async function endAll(): Promise<void> {
  const ended = processes.map(
    (child) => new Promise<void>((resolve) => child.once('close', () => resolve())),
  );
  const running = processes.map(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of processes) child.kill('SIGINT');
  await Promise.all(ended.filter((_, place) => running[place]));
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const percent = (share: number | undefined) => `${((share ?? 0) * 100).toFixed(2)}%`;
const accuracyOf = (event: RunEvent) => ('metrics' in event ? event.metrics?.accuracy : undefined);

const folder = await mkdtemp(join(tmpdir(), 'tessera-network-'));
try {
  const dataFlags = ['--data', data, ...drawn, '--seed', given.seed];
  const training = ['--model', given.model, '--rounds', given.rounds, '--deterministic'];
  const all = ['--cohort', given.clients, '--minimum-clients', given.clients, '--selection-ms', '600000'];
  const out = join(folder, 'served');
  const server = start(
    ...['serve', '--json', '--port', '0', '--enrolment', 'open', '--out', out],
    ...[...dataFlags, ...training, ...all],
  );
  let accuracy: number | undefined;
  const finished = line(server, 'stdout', (text) => {
    const event = JSON.parse(text) as RunEvent;
    accuracy = accuracyOf(event) ?? accuracy;
    if (event.type === 'round-finished') console.log(`round ${event.round}: ${percent(accuracyOf(event))}`);
    return event.type === 'run-finished' ? event : undefined;
  });
  // Who waits for it may not have come so far when it fails.
  finished.catch(() => {});
  const url = await line(server, 'stderr', (text) => /listens on (http\S+)/.exec(text)?.[1]);
  console.log(`a server on ${url}, ${clients} clients, ${data}, ${given.model}, seed ${given.seed}`);

  // One after another: the order in which clients enrol decides which client of the simulation each is.
  for (let client = 0; client < clients; client++) {
    const part = ['--partition', 'iid', '--clients', given.clients, '--client', String(client)];
    const own = ['--folder', join(folder, `client-${client}`), '--json'];
    const child = start('client', '--server', url, ...dataFlags, ...part, ...own);
    await line(child, 'stdout', (text) => (text.includes('"enrolled"') ? true : undefined));
  }
  const startedAt = performance.now();
  await finished;
  console.log(`network: ${percent(accuracy)} after ${rounds} rounds, ${seconds(startedAt)}`);
  await endAll();

  const simulatedAt = performance.now();
  const simulated = await simulate({
    ...{ data, clients, rounds, partition: 'iid', model: given.model, seed: Number(given.seed) },
    ...(data === 'digits' ? { examples: Number(given.examples) } : {}),
    out: join(folder, 'simulated'),
  });
  const metrics = simulated.finished.metrics?.accuracy;
  console.log(`simulation: ${percent(metrics)} after ${rounds} rounds, ${seconds(simulatedAt)}`);

  const { layout, values } = simulated.params;
  const [run] = await listRuns(out);
  const served = readParams(await readModel(run!.path, rounds), layout, 'the served model').values;
  const largest = values.reduce((most, value, at) => Math.max(most, Math.abs(value - served[at]!)), 0);
  console.log(`largest difference of the final parameters: ${largest}`);
  if (!(largest <= 1e-6)) process.exitCode = 1;
} finally {
  await endAll();
  await rm(folder, { recursive: true, force: true });
}
