/** The client of docs/protocol.md in Python's standard library and numpy takes part beside one of ours. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ClientData } from '../../src/client/rounds.js';
import { decodeSafetensors } from '../../src/params/safetensors.js';
import type { ServedRunOptions } from '../../src/settings/served-options.js';
import { readModel } from '../../src/store/stored-run.js';
import { digitsOf, startFederation, type TestFederation } from '../helpers/federation.js';
import { describeWithPython } from '../helpers/optional.js';

const script = fileURLToPath(new URL('../../examples/python/client.py', import.meta.url));

describeWithPython('the client in Python', () => {
  let folder = '';
  let data: readonly ClientData[] = [];
  let federation: TestFederation;
  const started: ChildProcess[] = [];
  const rounds = 4;
  const settings = {
    ...{ model: 'logistic', rounds, seed: 7, learningRate: 0.05, batchSize: 10, localEpochs: 2 },
    ...{ cohort: 2, minimumClients: 2, overSelection: 1, selectionMs: 60_000, deadlineMs: 60_000 },
    ...{ data: 'digits', examples: 600 },
  } satisfies ServedRunOptions;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-python-'));
    data = await digitsOf(2, 600, 7);
    await writeArchive(data[1]!, join(folder, 'data'));
  });
  afterEach(async () => {
    for (const process of started.splice(0)) {
      process.kill();
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    }
    await federation.close();
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Starts it; what it prints is in `lines`. */
  function startPython(...invitation: string[]): { lines(): string[] } {
    const files = [join(folder, 'data.npz'), join(folder, 'client.key')];
    const words = [script, federation.url, ...files, ...invitation];
    const process = spawn('python3', words, { env: { ...globalThis.process.env, OMP_NUM_THREADS: '1' } });
    started.push(process);
    let said = '';
    for (const stream of [process.stdout, process.stderr]) stream.on('data', (text) => (said += text));
    return { lines: () => said.trim().split('\n') };
  }

  it.each(['params', 'update'] as const)(
    'is let in, trains and has its %s counted in every round',
    async (reports) => {
      federation = await startFederation({ enrolment: 'invitation' });
      const { invitations } = federation.server.federation.access;
      const { token } = await invitations.invite({ population: 'default', uses: 2 }, 'operator 1');
      const ours = await federation.join(0, { data: data[0]!, invitation: token });
      const python = startPython(token);
      const run = await federation.server.startRun({ ...settings, reports });
      await run.over;
      expect(federation.failures).toEqual([]);
      expect(run.status()).toBe('finished');

      const theirs = federation.server.federation.access.clients
        .list()
        .find(({ keyId }) => keyId !== ours.clientId)!;
      const trained = federation.events.filter(
        (event) => event.type === 'client-trained' && event.clientId === theirs.index,
      );
      const steps = 2 * Math.ceil(data[1]!.train.indices.length / 10);
      expect(trained).toMatchObject(
        Array.from({ length: rounds }, (_, index) => ({
          ...{ round: index + 1, steps, exampleCount: data[1]!.train.indices.length },
        })),
      );
      const accuracies = federation.events.flatMap((event) =>
        event.type === 'round-finished' && event.metrics ? [event.metrics.accuracy ?? 0] : [],
      );
      expect(accuracies).toHaveLength(1 + rounds);
      expect(accuracies.at(-1)).toBeGreaterThan(0.7);
      expect(accuracies.at(-1)).toBeGreaterThan(accuracies[0]! + 0.3);
      // The last answer may still be on its way.
      expect(python.lines().length).toBeGreaterThanOrEqual(rounds - 1);
      for (const line of python.lines()) expect(JSON.parse(line)).toMatchObject({ outcome: 'accepted' });

      // Its key is nobody else's to read.
      expect((await stat(join(folder, 'client.key'))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, 'client.key'))).toHaveLength(32);
    },
  );

  it.each(['params', 'update'] as const)(
    'learns the same as ours where order does not count, told by its %s',
    async (reports) => {
      const alone = {
        ...settings,
        reports,
        batchSize: 'full',
        learningRate: 0.2,
        weightDecay: 0.01,
      } as const;
      const learnt = async (start: () => unknown) => {
        federation = await startFederation();
        await start();
        const run = await federation.server.startRun({ ...alone, cohort: 1, minimumClients: 1 });
        await run.over;
        expect(run.status()).toBe('finished');
        return decodeSafetensors(await readModel(run.directory, rounds)).params.values;
      };
      const ours = await learnt(() => federation.join(0, { data: data[1]! }));
      await federation.close();
      const theirs = await learnt(() => startPython());
      const far = ours.reduce((most, value, at) => Math.max(most, Math.abs(value - theirs[at]!)), 0);
      expect(Math.max(...ours)).toBeGreaterThan(0.1);
      expect(far).toBeLessThan(1e-5);
    },
  );
});

/** The examples as `x` (float32, a row each) and `y` (int64) in a NumPy archive. */
async function writeArchive({ train: { dataset, indices } }: ClientData, path: string): Promise<void> {
  const width = dataset.features.length / dataset.count;
  const x = new Float32Array(indices.length * width);
  const y = new BigInt64Array(indices.length);
  indices.forEach((from, to) => {
    x.set(dataset.features.subarray(from * width, (from + 1) * width), to * width);
    y[to] = BigInt(dataset.labels[from]!);
  });
  await Promise.all([writeFile(`${path}.x`, x), writeFile(`${path}.y`, y)]);
  const code =
    'import sys, numpy as np; p, w = sys.argv[1:]; ' +
    'np.savez(p, x=np.fromfile(p + ".x", "<f4").reshape(-1, int(w)), y=np.fromfile(p + ".y", "<i8"))';
  execFileSync('python3', ['-c', code, path, String(width)]);
}
