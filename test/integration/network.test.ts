/** A federation over HTTP: the same result as the simulation, and a life in plain words. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { simulate } from '../../dist/simulation/simulate.js';
import { readParams } from '../../src/params/safetensors.js';
import { readModel } from '../../src/store/stored-run.js';
import { ask } from '../helpers/ask.js';
import { digitsOf, startFederation, type TestFederation } from '../helpers/federation.js';

const open: TestFederation[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((federation) => federation.close()));
});
async function federation(...options: Parameters<typeof startFederation>): Promise<TestFederation> {
  const started = await startFederation(...options);
  open.push(started);
  return started;
}

describe('a federation over the network', () => {
  const training = { model: 'mlp', rounds: 3, seed: 7, learningRate: 0.1, batchSize: 10 } as const;

  it('ends with the parameters of the simulation', async () => {
    const out = await mkdtemp(join(tmpdir(), 'tessera-simulation-'));
    const simulated = await simulate({
      ...training,
      data: 'digits',
      examples: 600,
      clients: 4,
      threads: 1,
      out,
    });
    const { server, join: joinAs, failures } = await federation();
    const data = await digitsOf(4, 600, 7);
    for (const [index, own] of data.entries()) await joinAs(index, { data: own });
    const run = await server.startRun({
      ...training,
      ...{ cohort: 4, minimumClients: 4, deterministic: true, selectionMs: 60_000, deadlineMs: 60_000 },
      ...{ task: 'classification', featureShape: [28, 28], classNames: data[0]!.train.dataset.classNames },
    });
    await run.over;
    expect(failures).toEqual([]);
    expect(run.status()).toBe('finished');
    const { layout, values } = simulated.params;
    const served = readParams(await readModel(run.directory, 3), layout, 'served').values;
    const far = values.reduce((most, value, at) => Math.max(most, Math.abs(value - served[at]!)), 0);
    expect(far).toBeLessThanOrEqual(1e-6);
    const { text } = await ask(server.handler, 'GET', '/metrics', { token: server.firstToken ?? '' });
    expect(text).toContain('tessera_updates_total{outcome="accepted",problem=""} 12');
    expect(text).toContain('tessera_rounds_total{outcome="aggregated"} 4');
    expect(text).toContain('tessera_open_uploads 0');
    expect(text).toContain('tessera_clients{status="approved"} 4');
    await rm(out, { recursive: true, force: true });
  });
});
