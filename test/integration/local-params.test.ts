/** Parameters that stay with clients (FedBN): what it is for, same bytes on any number of threads and after a kill. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SimulationOptions } from '../../dist/settings/simulation-options.js';
import { simulate } from '../../dist/simulation/simulate.js';
import { type Params, paramValues } from '../../src/params/layout.js';
import { decodeSafetensors } from '../../src/params/safetensors.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { emptyFolder, eventsOf, expectRefusal, linesOf, modelsOf, runCli, startCli } from '../helpers/cli.js';
import { writeShiftedDigits } from '../helpers/shifted-digits.js';

const NORM = ['weight', 'bias', 'runningMean', 'runningVariance'].map((part) => `batchNorm1.${part}`);

const settingsIn = (folder: string) =>
  ({
    data: join(folder, 'digits.csv'),
    label: 'digit',
    groupBy: 'sensor',
    partition: 'natural',
    model: join(folder, 'model.onnx'),
    learningRate: 0.1,
    threads: 1,
    out: folder,
  }) as const;

async function run(folder: string, settings: SimulationOptions) {
  const events: RunEvent[] = [];
  const result = await simulate(
    { ...settingsIn(folder), ...settings },
    { onEvent: (event) => events.push(event) },
  );
  const alone = events.flatMap((event) =>
    event.type === 'isolated-evaluated' ? [event.ownMetrics?.accuracy ?? 0] : [],
  );
  const clients = events.find((event) => event.type === 'clients-evaluated');
  return {
    ...result,
    events,
    accuracy: result.finished.metrics.accuracy ?? 0,
    onClients: clients?.metrics.accuracy ?? 0,
    alone: alone.reduce((sum, value) => sum + value, 0) / alone.length,
  };
}

describe('clients whose sensors differ in contrast and brightness', () => {
  it.each([1, 2, 3])('do far better with normalisations of their own (seed %d)', async (seed) => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 300, seed, shifted: true });
    const settings = { rounds: 20, seed };
    const averaged = await run(folder, { ...settings, compare: ['isolated'] });
    const own = await run(folder, { ...settings, localParams: 'batch-normalization' });
    expect(own.onClients).toBeGreaterThan(averaged.onClients + 0.15);
    expect(own.onClients).toBeGreaterThan(averaged.alone);
    expect(own.accuracy).toBe(own.onClients);
  });

  it('gain nothing from it where all have the same sensor', async () => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 300, seed: 1, shifted: false });
    const averaged = await run(folder, { rounds: 20 });
    const own = await run(folder, { rounds: 20, localParams: 'batch-normalization' });
    expect(Math.abs(own.onClients - averaged.onClients)).toBeLessThan(0.05);
    expect(averaged.onClients).toBeGreaterThan(0.8);
  });
});

describe('what stays with clients', () => {
  const short = { rounds: 3, samplingRate: 0.5, localParams: NORM } as const;

  it('moves with its client only, never in the global model, and saves its bytes on the way', async () => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 60, seed: 1, shifted: true });
    const before = await run(folder, { ...short, rounds: 0 });
    const { params, local, events } = await run(folder, short);
    for (const name of NORM) expect(paramValues(params, name)).toEqual(paramValues(before.params, name));
    expect(paramValues(params, 'dense1.weight')).not.toEqual(paramValues(before.params, 'dense1.weight'));
    const trained = new Set(
      events.flatMap((event) => (event.type === 'client-trained' ? [event.clientId] : [])),
    );
    expect(local?.layout.entries.map(({ name, shape }) => [name, shape])).toEqual(
      NORM.map((name) => [name, [4, 32]]),
    );
    const means = rowsOf(local!, 'batchNorm1.runningMean');
    expect(new Set(means.map(String)).size).toBe(trained.size + (trained.size < 4 ? 1 : 0));
    means.forEach((row, clientId) => {
      expect(row.some((value) => value !== 0)).toBe(trained.has(clientId));
    });
    const all = (await run(folder, { ...short, localParams: ['dense2.bias'] })).events;
    const upBytes = (found: readonly RunEvent[]) =>
      found.findLast((event) => event.type === 'round-finished')!.upBytes;
    expect(upBytes(all) - upBytes(events)).toBeGreaterThanOrEqual(2 * 4 * (NORM.length * 32 - 10));
  });

  it('is the same to the byte on any number of threads, and whether clients report params or updates', async () => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 60, seed: 1, shifted: true });
    const one = await run(folder, short);
    const three = await run(folder, { ...short, threads: 3 });
    expect(three.params.values).toEqual(one.params.values);
    expect(three.local!.values).toEqual(one.local!.values);
    const updates = await run(folder, { ...short, reports: 'update' });
    updates.local!.values.forEach((value, index) => {
      expect(value).toBeCloseTo(one.local!.values[index]!, 3);
    });
    for (const name of NORM) expect(paramValues(updates.params, name)).toEqual(paramValues(one.params, name));
  });

  it('is nothing where nobody asks for it: no folder, nothing in the log', async () => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 20, seed: 1, shifted: true });
    const { directory, local, events } = await run(folder, { rounds: 1 });
    expect(local).toBeUndefined();
    expect(existsSync(join(directory, 'local'))).toBe(false);
    expect(JSON.stringify(events)).not.toMatch(/local/i);
  });

  it('leaves a run of text without a model that could suggest for everybody', async () => {
    const folder = await emptyFolder();
    const text = Array.from({ length: 40 }, (_, line) => `${line % 4},we all see a sea of cats ${line}`);
    await writeFile(join(folder, 'texts.csv'), ['who,text', ...text, ''].join('\n'));
    const layers = ['--model', 'transformer', '--local-params', 'layerNorm*', '--sequence-length', '8'];
    const { code, stderr } = await runCli(
      [
        ...['simulate', '--data', 'texts.csv', '--tokens', 'chars', '--group-by', 'who', ...layers],
        ...['--rounds', '1', '--threads', '1', '--name', 'run', '--json'],
      ],
      { cwd: folder },
    );
    expect([code, stderr]).toEqual([0, '']);
    const types = (await eventsOf(join(folder, 'runs/run'))).map(({ type }) => type);
    expect(types).not.toContain('suggestions-sampled');
    expectRefusal(
      await runCli(['predict', 'run', '--text', 'we '], { cwd: folder }),
      2,
      'run must have one model for all, got one in which parameters stay with clients',
    );
  });

  it('is found again by a run that is killed and resumed, to the byte', async () => {
    const folder = await emptyFolder();
    await writeShiftedDigits(folder, { perClient: 40, seed: 1, shifted: true });
    const { data, label, groupBy, model } = settingsIn(folder);
    const args = [
      ...['simulate', '--data', data, '--label', label, '--group-by', groupBy, '--partition', 'natural'],
      ...['--model', model, '--rounds', '6', '--sampling-rate', '0.5', '--threads', '2', '--json'],
      ...['--name', 'run', '--local-params', NORM.join(',')],
    ];
    const whole = await emptyFolder();
    const { code, stdout } = await runCli(args, { cwd: whole });
    expect(code).toBe(0);
    const expected = await filesOf(join(whole, 'runs/run'));
    expect(Object.keys(expected.local)).toEqual(Object.keys(expected.models));
    let killed = 0;
    for (const share of [0.2, 0.45, 0.7]) {
      const cwd = await emptyFolder();
      const { child, lines, done } = startCli(args, { cwd });
      await lines(Math.floor(share * linesOf(stdout).length));
      child.kill('SIGKILL');
      killed += Number((await done).signal === 'SIGKILL');
      const resumed = await runCli(['runs', 'resume', 'run', '--json'], { cwd });
      if (resumed.code !== 0) expect(resumed.stderr).toContain('but it has ended');
      expect(await filesOf(join(cwd, 'runs/run'))).toEqual(expected);
    }
    expect(killed).toBeGreaterThanOrEqual(2);
    const last = (await eventsOf(join(whole, 'runs/run'))).findLast(({ type }) => type === 'round-finished');
    expect(last).toMatchObject({ round: 6, localSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

function rowsOf(params: Params, name: string): number[][] {
  const values = [...paramValues(params, name)];
  const width = values.length / 4;
  return [0, 1, 2, 3].map((client) => values.slice(client * width, (client + 1) * width));
}

/** The models of a run, and what stayed with clients: names and bytes. */
async function filesOf(directory: string) {
  const folder = join(directory, 'local');
  const names = (await readdir(folder)).toSorted();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  for (const bytes of files) expect(decodeSafetensors(bytes).params.layout.entries).toHaveLength(NORM.length);
  const local = Object.fromEntries(names.map((name, at) => [name, files[at]!.toString('base64')]));
  return { models: await modelsOf(directory), local };
}
