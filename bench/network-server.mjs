/** A federation server for bench/network.ts: opens runs that nobody evaluates, and says how long their rounds took. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFederationServer, listen } from '../dist/server/server.js';
import { answer, tell } from './answer.mjs';

const temporary = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'tessera-bench-'));
// Not there yet: so the server knows that there was none before it.
const folder = join(temporary, 'server');
let hear = () => {};
const server = await createFederationServer({
  folder,
  enrolment: 'open',
  onEvent: (_, event) => hear(event),
  onFailure: (error) => console.error(error),
});
const { url } = await listen(server.handler, {});

answer({
  url: () => url,
  /** Enrols keys without requests: 5,000 from one address would be refused. */
  async enrol({ keys }) {
    const { clients } = server.federation.access;
    const enrol = ({ keyId, publicKey }) =>
      clients.enrol({ keyId, publicKey: Buffer.from(publicKey, 'base64url') }, 'open');
    await Promise.all(keys.map(enrol));
  },
  /** How many clients wait on the wake-up channel. */
  waiting: () => server.federation.wakes.open,
  /** The first round is for warming up, the figures are of those after it. */
  async run({ clients, rounds, model, featureShape }) {
    const gaps = [];
    let [begin, end, failed] = [0, 0, 0];
    hear = ({ type, round, failedCount }) => {
      const now = performance.now();
      if (type === 'round-started' && round > 2) gaps.push(now - end);
      if (type !== 'round-finished') return;
      end = now;
      failed += failedCount;
      if (round === 1) begin = now;
      if (round === 1 || round === rounds + 1) tell('mark');
    };
    const run = await server.startRun({
      ...{ model, featureShape, task: 'classification', classCount: 10, rounds: rounds + 1 },
      ...{ cohort: clients, minimumClients: clients, overSelection: 1, evaluation: 'none' },
      selectionMs: 60_000,
    });
    await run.over;
    if (run.failure() || failed > 0) throw new Error(run.failure() ?? `${failed} clients failed`);
    return { ms: (end - begin) / rounds, gaps };
  },
  /** Opens a run whose first round waits for `clients` of those who are there; returns when it began. */
  open: ({ clients }) =>
    new Promise((resolve, reject) => {
      hear = ({ type, time }) => {
        if (type === 'round-started') resolve(time);
      };
      const settings = { model: '2nn', featureShape: [28, 28], task: 'classification', classCount: 10 };
      const asked = { cohort: clients, minimumClients: clients, overSelection: 1, evaluation: 'none' };
      server.startRun({ ...settings, ...asked, rounds: 1 }).catch(reject);
    }),
  async end() {
    for (const run of server.federation.runs.values()) await run.stop();
  },
  async close() {
    await server.close();
    await rm(temporary, { recursive: true, force: true });
  },
});
