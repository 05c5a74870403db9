/** What goes wrong between a server and its clients, one thing at a time: who notices, who comes back, what counts. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientEvent } from '../../src/client/client-events.js';
import { readParams } from '../../src/params/safetensors.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { readModel } from '../../src/store/stored-run.js';
import { emptyFolder, eventsOf } from '../helpers/cli.js';
import { startFederation, type TestFederation } from '../helpers/federation.js';
import {
  distance,
  knownData,
  knownLayout,
  knownTask,
  knownTrainer,
  meanOf,
} from '../helpers/known-updates.js';

const open: TestFederation[] = [];
afterEach(async () => {
  for (const federation of open.splice(0).reverse()) await federation.close();
});
async function federation(...options: Parameters<typeof startFederation>): Promise<TestFederation> {
  const started = await startFederation(...options);
  open.push(started);
  return started;
}
const portOf = ({ url }: TestFederation) => Number(new URL(url).port);

/** Resolves when the condition holds; looks often, since what it looks at says nothing by itself. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}

function gate(): { promise: Promise<void>; open: () => void } {
  let openGate = () => {};
  const promise = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  return { promise, open: openGate };
}

const settings = {
  ...knownTask,
  selectionMs: 60_000,
  deadlineMs: 60_000,
  overSelection: 1,
  evaluation: 'none',
};
const ofType = <Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type) =>
  events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);
const sent = (told: readonly ClientEvent[] | undefined) =>
  (told ?? []).filter((event) => event.type === 'update-sent');

describe('a server that goes down in the middle of a round', () => {
  it('goes on with the same cohort; who had reported reports again without training again', async () => {
    const folder = await emptyFolder();
    const first = await federation({ folder });
    const trained = [0, 0, 0];
    const slow = gate();
    for (const client of [0, 1, 2]) {
      const trainer = knownTrainer(client, async () => {
        trained[client]!++;
        if (client === 2) await slow.promise;
      });
      await first.join(client, { data: knownData(client), trainer });
    }
    const run = await first.server.startRun({ ...settings, name: 'run', cohort: 3, rounds: 1 });
    await until(() => ofType(first.events, 'client-trained').length === 2);
    const initial = readParams(await readModel(run.directory, 0), knownLayout, 'model').values;
    await first.stopServer();
    expect(run.status()).toBe('running');

    const second = await federation({ folder }, portOf(first));
    const [resumed] = await second.server.resumeRuns();
    await until(() => ofType(second.events, 'client-trained').length === 2);
    const started = ofType(second.events, 'round-started');
    expect(started.map(({ round, cohort }) => [round, [...cohort].sort()])).toEqual([[1, [0, 1, 2]]]);
    slow.open();
    await resumed!.over;
    expect(second.failures).toEqual([]);
    expect(trained).toEqual([1, 1, 1]);
    const { values } = readParams(await readModel(resumed!.directory, 1), knownLayout, 'model');
    expect(distance(values, meanOf([0, 1, 2], initial))).toBeLessThanOrEqual(1e-6);
    // In the log nobody counts twice.
    const log = await eventsOf(resumed!.directory);
    expect(
      ofType(log, 'client-trained')
        .map(({ clientId }) => clientId)
        .sort(),
    ).toEqual([0, 1, 2]);
    expect(ofType(log, 'run-finished')).toHaveLength(1);
    expect(await readFile(`${resumed!.directory}/events.jsonl`, 'utf8')).toMatch(/\n$/);
  });

  it('counts a round that it goes on with once against how often a client may take part', async () => {
    const folder = await emptyFolder();
    const first = await federation({ folder });
    const slow = gate();
    await first.join(0, { data: knownData(0), trainer: knownTrainer(0, () => slow.promise) });
    const limits = { maxRoundsPerWindow: 2, windowMs: 3_600_000 };
    await first.server.startRun({ ...settings, ...limits, name: 'run', cohort: 1, rounds: 2 });
    await until(() => ofType(first.events, 'round-started').length === 1);
    await first.stopServer();
    const second = await federation({ folder }, portOf(first));
    const [resumed] = await second.server.resumeRuns();
    slow.open();
    await resumed!.over;
    expect(ofType(second.events, 'run-finished')).toMatchObject([{ reason: 'rounds', rounds: 2 }]);
  });
});

describe('clients that vanish', () => {
  it('are given up when their channel has been lost for the grace period, and are not asked again', async () => {
    const { join, server, events, told } = await federation({ graceMs: 300 });
    const slow = gate();
    const gone = await join(0, { data: knownData(0), trainer: knownTrainer(0, () => slow.promise) });
    await join(1, { data: knownData(1), trainer: knownTrainer(1) });
    const run = await server.startRun({
      ...settings,
      ...{ cohort: 2, minimumClients: 1, rounds: 2, selectionMs: 500 },
    });
    // In the middle of training, so that it cannot say that it stops.
    await until(() => told.get(0)!.some(({ type }) => type === 'model-downloaded'));
    void gone.stop();
    await run.over;
    slow.open();
    expect(ofType(events, 'client-failed')).toMatchObject([
      { round: 1, clientId: 0, reason: 'the connection was lost for 300 ms' },
    ]);
    expect(ofType(events, 'round-started').map(({ cohort }) => cohort.length)).toEqual([2, 1]);
  });

  it('fail a round without its minimum, which is tried again after the back-off', async () => {
    const { join, server, events } = await federation();
    let rounds = 0;
    const trainer = knownTrainer(0, async () => {
      if (++rounds === 1) throw new Error('the battery is empty');
    });
    await join(0, { data: knownData(0), trainer });
    const retry = { initialMs: 200, maxMs: 1000 };
    const run = await server.startRun({ ...settings, cohort: 1, minimumClients: 1, rounds: 2, retry });
    await run.over;
    const finished = ofType(events, 'round-finished').filter(({ round }) => round > 0);
    expect(finished.map(({ outcome, trainedCount }) => [outcome, trainedCount])).toEqual([
      ['failed', 0],
      ['aggregated', 1],
    ]);
    const failed = events.findIndex((event) => event.type === 'round-finished' && event.outcome === 'failed');
    expect(events[failed]).toMatchObject({ reason: '0 of 1 clients answered, at least 1 must' });
  });
});

describe('reports that come too late', () => {
  it('are answered and dropped, of the surplus too', async () => {
    const { join, server, events, told } = await federation();
    const slow = gate();
    const late = gate();
    await join(0, { data: knownData(0), trainer: knownTrainer(0, () => slow.promise) });
    for (const client of [1, 2]) {
      let rounds = 0;
      const trainer = knownTrainer(client, () => (++rounds > 1 ? late.promise : undefined));
      await join(client, { data: knownData(client), trainer });
    }
    const run = await server.startRun({ ...settings, cohort: 2, overSelection: 1.5, rounds: 2 });
    await until(() => ofType(events, 'round-finished').length === 2);
    expect(ofType(events, 'round-finished').at(-1)).toMatchObject({ trainedCount: 2, surplusCount: 1 });
    slow.open();
    await until(() => sent(told.get(0)).length > 0);
    late.open();
    await run.over;
    expect(sent(told.get(0))[0]).toMatchObject({ round: 1, receipt: { outcome: 'dropped' } });
    for (const { round, trainedCount } of ofType(events, 'round-finished')) {
      expect(ofType(events, 'client-trained').filter((event) => event.round === round)).toHaveLength(
        trainedCount,
      );
    }
  });
});
