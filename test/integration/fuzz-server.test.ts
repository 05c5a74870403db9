/** Throws requests of every kind, broken in every way, at a server whose honest clients train meanwhile. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { joinOn, type Participation } from '../../src/client/join.js';
import { createNodePlatform } from '../../src/client/node/join.js';
import { digitsOf } from '../helpers/federation.js';
import { fuzzRequests } from '../helpers/fuzz-requests.js';
import { modelOf, type RawClient, rawClient } from '../helpers/raw-clients.js';
import { parseAnswers, problemOf } from '../helpers/raw-http.js';

const SERVER = fileURLToPath(new URL('../helpers/fuzzed-server.mjs', import.meta.url));
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 20_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const CONNECTIONS = 16;
const PIPELINED = 16;
/** A server that has said nothing for so long has nothing to say: it waits for the rest of what was cut off. */
const QUIET_MS = 100;
const MOST_BYTES = 50e6;
/** Half a minute on an idle machine; a busy one may take long. */
const TIMEOUT_MS = 600_000;

interface Message {
  readonly url?: string;
  readonly started?: string;
  readonly over?: string;
  readonly status?: string;
  readonly memory?: Record<'heapUsed' | 'external', number>;
  readonly trained?: readonly [runId: string, clientId: number][];
  readonly failures?: readonly string[];
}

let folder = '';
let child: ChildProcess;
let honest: Participation[] = [];
afterEach(async () => {
  await Promise.all(honest.map((client) => client.stop()));
  honest = [];
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** Waits for a message of the server; fails when it ends instead. */
function hear(fits: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the server must go on, got exit ${code}`));
    const onMessage = (message: Message) => {
      if (!fits(message)) return;
      child.off('message', onMessage).off('exit', onExit);
      resolve(message);
    };
    child.on('message', onMessage).on('exit', onExit);
  });
}

async function measure(): Promise<Message> {
  const answer = hear(({ memory }) => memory !== undefined);
  child.send({});
  return answer;
}

async function start(settings: object): Promise<void> {
  const started = hear((message) => message.started !== undefined);
  child.send({
    start: {
      ...{ model: 'logistic', seed: 1, overSelection: 1, selectionMs: 100, evaluation: 'none' },
      ...{
        task: 'classification',
        featureShape: [28, 28],
        classCount: 10,
        retry: { initialMs: 10, maxMs: 100 },
      },
      ...settings,
    },
  });
  await started;
}

it(
  `${REQUESTS} fuzzed requests stop no server, no honest client, and count for nothing`,
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-fuzz-'));
    child = fork(SERVER, [join(folder, 'server')], { execArgv: ['--expose-gc'] });
    const { url = '' } = await hear((message) => message.url !== undefined);

    const data = await digitsOf(3, 90, 1);
    for (const [index, own] of data.entries()) {
      const platform = await createNodePlatform(url, { folder: join(folder, 'clients', String(index)) });
      honest.push(await joinOn(platform, { data: own, runIds: ['honest'] }));
    }
    const evil = await Promise.all(Array.from({ length: 40 }, () => rawClient(url, { runIds: ['fuzzed'] })));
    await start({ name: 'fuzzed', rounds: 1e6, cohort: 40, minimumClients: 1, deadlineMs: 1000 });
    await start({ name: 'honest', rounds: 60, cohort: 3, minimumClients: 3, deadlineMs: 100_000 });
    const over = hear((message) => message.over === 'honest');
    const task = await (evil[0] as RawClient).task();
    const { layout } = await modelOf(url, task);
    let round = 1;
    const next = fuzzRequests(
      {
        ...{ url, layout, runId: 'fuzzed', sha256: task.params.sha256 },
        signers: evil.map(({ signer }) => signer),
        round: () => round,
      },
      SEED,
    );
    const before = await measure();

    const statuses = new Map<number, number>();
    let left = REQUESTS;
    const attack = async () => {
      while (left > 0) {
        const batch: Uint8Array[] = [];
        for (; batch.length < PIPELINED && left > 0; left--) batch.push(await next());
        while (batch.length > 0) {
          const { answers } = parseAnswers(await exchange(url, Buffer.concat(batch), batch.length));
          for (const answer of answers) {
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            if (answer.status >= 400) problemOf(answer);
            round = Number(/"round":(\d+)/.exec(answer.body)?.[1] ?? round);
          }
          // What comes behind a request without an answer, or one that closes, is sent again.
          const closed = answers.at(-1)?.headers.connection === 'close';
          batch.splice(0, answers.length + (closed ? 0 : 1));
        }
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, attack));
    expect(await over).toMatchObject({ status: 'finished' });

    const after = await measure();
    expect(after.failures).toEqual([]);
    for (const [runId, clientId] of after.trained ?? [])
      expect([runId, clientId < 3]).toEqual(['honest', true]);
    expect(after.trained).toHaveLength(180);
    const grown = (kind: 'heapUsed' | 'external') =>
      (after.memory?.[kind] ?? 0) - (before.memory?.[kind] ?? 0);
    expect(grown('heapUsed') + grown('external')).toBeLessThan(MOST_BYTES);
    // The fuzz must reach what it is meant for.
    const meant = REQUESTS < 10_000 ? [200, 400, 401] : [200, 400, 401, 404, 422];
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(meant));
  },
  TIMEOUT_MS,
);

/** Sends, and reads until there are so many answers, the server closes, or it has been quiet for a while. */
function exchange(url: string, bytes: Uint8Array, most: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let received = Buffer.alloc(0);
    const socket: Socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(QUIET_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (parseAnswers(received).answers.length >= most) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}
