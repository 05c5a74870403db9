/** Uploads that break off, evaluators that vanish, and a disk that is full while a round is written down. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { joinOn } from '../../src/client/join.js';
import { createNodePlatform } from '../../src/client/node/join.js';
import { readParams } from '../../src/params/safetensors.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { readModel } from '../../src/store/stored-run.js';
import { startChaosProxy } from '../helpers/chaos-proxy.js';
import { emptyFolder, eventsOf } from '../helpers/cli.js';
import { startFederation } from '../helpers/federation.js';
import {
  distance,
  knownData,
  knownLayout,
  knownTask,
  knownTrainer,
  meanOf,
} from '../helpers/known-updates.js';

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
async function federation(...options: Parameters<typeof startFederation>) {
  const started = await startFederation(...options);
  toClose.push(started.close);
  return started;
}

const settings = {
  ...knownTask,
  selectionMs: 60_000,
  deadlineMs: 60_000,
  overSelection: 1,
  evaluation: 'none',
};
const paramsAfter = async (directory: string, round: number) =>
  readParams(await readModel(directory, round), knownLayout, 'model').values;
const trainedIn = (events: readonly RunEvent[], round: number) =>
  events.filter((event) => event.type === 'client-trained' && event.round === round);

describe('an upload that breaks off in the middle', () => {
  it.each([
    { is: 'is back', graceMs: 15_000 },
    { is: 'is back after the grace period of others', graceMs: 500 },
  ])('goes on where it broke off when the network $is, and counts once', async ({ graceMs }) => {
    const { url, folder, server, events } = await federation({ graceMs });
    const sent: string[] = [];
    const proxy = await startChaosProxy({
      ...{ targetPort: Number(new URL(url).port), seed: 1 },
      fateOf(request) {
        const [method = '', target = ''] = request.toString('latin1', 0, 200).split(' ');
        if (!target.includes('/updates/')) return { type: 'pass' };
        sent.push(method);
        if (method !== 'PUT') return { type: 'pass' };
        // After the bytes that get through are read at the other end.
        setTimeout(() => proxy.cut(2_000), 300);
        return { type: 'part', share: 0.9 };
      },
    });
    toClose.push(proxy.close);
    const platform = await createNodePlatform(`http://127.0.0.1:${proxy.port}`, {
      folder: await emptyFolder(),
    });
    let before: Float32Array = new Float32Array();
    const trainer = knownTrainer(3, async () => {
      before = await paramsAfter(join(folder, 'run'), 0);
    });
    const client = await joinOn(platform, { data: knownData(3), trainer });
    toClose.push(client.stop);
    const run = await server.startRun({ ...settings, cohort: 1, rounds: 1, name: 'run' });
    await run.over;
    expect(sent[0]).toBe('PUT');
    expect(sent.slice(1).filter((method) => method === 'PUT')).toEqual([]);
    expect(sent.slice(-2)).toEqual(['HEAD', 'PATCH']);
    expect(trainedIn(events, 1)).toHaveLength(1);
    expect(distance(await paramsAfter(run.directory, 1), meanOf([3], before))).toBeLessThanOrEqual(1e-6);
  });
});

describe('an evaluator that vanishes', () => {
  it('is not waited for longer than the grace period', async () => {
    const { server, join: joinAs, events, told } = await federation({ graceMs: 300 });
    let hangUp = () => {};
    const gone = new Promise<void>((resolve) => {
      hangUp = resolve;
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const trainer = knownTrainer(0);
    const hanging = {
      ...trainer,
      async evaluate(...task: Parameters<typeof trainer.evaluate>) {
        hangUp();
        await held;
        return trainer.evaluate(...task);
      },
    };
    const leaver = await joinAs(0, { data: knownData(0), trainer: hanging });
    await joinAs(1, { data: knownData(1), trainer: knownTrainer(1) });
    while ([0, 1].some((client) => !told.get(client)!.some(({ type }) => type === 'waiting')))
      await delay(10);
    const run = await server.startRun({
      ...settings,
      evaluation: 'clients',
      cohort: 2,
      minimumClients: 1,
      rounds: 1,
      selectionMs: 500,
    });
    await gone;
    void leaver.stop();
    await run.over;
    release();
    const finished = events.filter((event) => event.type === 'round-finished');
    expect(finished[0]).toMatchObject({ round: 0, federated: { spread: { clientCount: 1 } } });
    expect(finished.at(-1)).toMatchObject({
      round: 1,
      outcome: 'aggregated',
      federated: { spread: { clientCount: 1 } },
    });
  });
});

const mountPoint = mkdtempSync(join(tmpdir(), 'tessera-server-disk-'));
function attempt(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const mounted = attempt('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint);
afterAll(() => {
  // The database lets go of its files a while after it is closed.
  if (mounted) attempt('umount', '--lazy', mountPoint);
  rmSync(mountPoint, { recursive: true, force: true });
});

describe.skipIf(!mounted)(
  'a disk that is full while a round is written down (needs the right to mount one)',
  () => {
    it('ends the run with a sentence; it goes on when there is room again, and counts nothing twice', async () => {
      const { server, join: joinAs, failures } = await federation({ folder: mountPoint });
      const filler = join(mountPoint, 'filler');
      let rounds = 0;
      const trainer = knownTrainer(0, async () => {
        if (++rounds !== 2) return;
        const { bavail, bsize } = await statfs(mountPoint);
        await writeFile(filler, new Uint8Array(bavail * bsize));
      });
      await joinAs(0, { data: knownData(0), trainer });
      const run = await server.startRun({ ...settings, cohort: 1, rounds: 3, name: 'run' });
      await run.over;
      expect(run.status()).toBe('failed');
      expect(run.failure()).toMatch(/no space is left on the device/);
      expect(failures.map(String).join('\n')).toMatch(
        /run run cannot go on: .* no space is left on the device/,
      );
      const before = await paramsAfter(run.directory, 1);
      await rm(filler);
      const [resumed] = await server.resumeRuns();
      await resumed!.over;
      expect(resumed!.status()).toBe('finished');
      const events = await eventsOf(resumed!.directory);
      expect([1, 2, 3].map((round) => trainedIn(events, round).length)).toEqual([1, 1, 1]);
      const second = meanOf([0], before);
      const third = meanOf([0], Float32Array.from(second));
      expect(distance(await paramsAfter(run.directory, 3), third)).toBeLessThanOrEqual(1e-6);
    });
  },
);
