/** Tests of what a log says of the clients of a run. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunClients } from './run-clients.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-clients-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lines = (...events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const started = (clients: object[] = []) => ({ type: 'run-started', runId: 'a', clients });
const trained = (round: number, clientId: number, more: object = {}) => ({
  ...{ type: 'client-trained', round, clientId, exampleCount: 10, steps: 1, loss: 1, trainMs: 20 },
  ...more,
});
const failed = (round: number, clientId: number) => ({
  ...{ type: 'client-failed', round, clientId, reason: 'it rained' },
});
const names = (clientId: number) => (clientId === 7 ? 'Ward 7' : '');

describe('the clients of a run', () => {
  it('are those that it began with and those that have come, with what each has done', async () => {
    const data = [{ clientId: 0, name: 'alone', trainCount: 10, heldOutCount: 0 }];
    const second = trained(2, 7, { exampleCount: 30, loss: 2, trainMs: 40 });
    await writeFile(path, lines(started(data), trained(1, 7), failed(1, 3), second, failed(3, 7)));
    expect(await createRunClients(names).read('a', folder, undefined)).toEqual([
      {
        ...{ clientId: 0, name: 'alone', trainCount: 10, rounds: 0, failures: 0, exampleCount: 0 },
        ...{ meanLoss: null, lastLoss: null, meanTrainMs: null, lastRound: null },
      },
      {
        ...{ clientId: 3, name: '', trainCount: null, rounds: 0, failures: 1, exampleCount: 0 },
        ...{ meanLoss: null, lastLoss: null, meanTrainMs: null, lastRound: 1 },
      },
      {
        ...{ clientId: 7, name: 'Ward 7', trainCount: null, rounds: 2, failures: 1, exampleCount: 40 },
        ...{ meanLoss: 1.75, lastLoss: 2, meanTrainMs: 30, lastRound: 3 },
      },
    ]);
  });

  it('have no mean loss where one was no number', async () => {
    await writeFile(path, lines(started(), trained(1, 1, { loss: Number.NaN }), trained(2, 1)));
    expect(await createRunClients(names).read('a', folder, undefined)).toMatchObject([
      { meanLoss: null, lastLoss: 1, rounds: 2 },
    ]);
  });

  it('are each counted once, however often and by however many they are asked for', async () => {
    await writeFile(path, lines(started(), trained(1, 1)));
    const clients = createRunClients(names);
    const opening = {};
    const read = () => clients.read('a', folder, opening);
    await Promise.all([read(), read(), read()]);
    await appendFile(path, lines(trained(2, 1)));
    expect(await read()).toMatchObject([{ rounds: 2 }]);
    expect(await clients.read('a', folder, undefined)).toMatchObject([{ rounds: 2 }]);
  });

  it('are counted anew where the log was cut and the run goes on', async () => {
    await writeFile(path, lines(started(), trained(1, 1), trained(2, 1)));
    const clients = createRunClients(names);
    expect(await clients.read('a', folder, {})).toMatchObject([{ rounds: 2 }]);
    // As long as before, so that nothing but the opening tells.
    await writeFile(path, lines(started(), trained(1, 1), trained(2, 3)));
    expect(await clients.read('a', folder, {})).toMatchObject([{ clientId: 1 }, { clientId: 3 }]);
    await writeFile(path, lines(started()));
    expect(await clients.read('a', folder, undefined)).toEqual([]);
  });

  it('are asked for again after a log that could not be read', async () => {
    await writeFile(path, `${lines(started(), trained(1, 1))}no event\n`);
    const clients = createRunClients(names);
    await expect(clients.read('a', folder, undefined)).rejects.toThrow();
    await writeFile(path, lines(started(), trained(1, 1), trained(2, 1)));
    expect(await clients.read('a', folder, undefined)).toMatchObject([{ rounds: 2 }]);
  });
});
