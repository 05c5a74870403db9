/** Tests of what a round leaves in its run, and in which order. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { createLayout } from '../params/layout.js';
import { encodeSafetensors, readParams } from '../params/safetensors.js';
import type { RoundFinished } from '../round/run-events.js';
import { publishRound, type RoundOutcome, startTally } from './publish-round.js';
import { createRun, type RunDirectory, sha256 } from './run-directory.js';
import { listModels } from './stored-run.js';

const layout = createLayout([{ name: 'w', shape: [2] }]);
const paramsOf = (value: number) => ({ layout, values: Float32Array.of(value, value) });
const modelOf = (round: number) => encodeSafetensors(paramsOf(round), { round: String(round) });

let run: RunDirectory;
beforeEach(async () => {
  run = await createRun(await mkdtemp(join(tmpdir(), 'tessera-publish-')), 'run', {});
});
afterEach(async () => {
  await run.close();
  await rm(dirname(run.path), { recursive: true });
});

const outcomeOf = (round: number, more: Partial<RoundOutcome> = {}): RoundOutcome => ({
  round,
  tally: { ...startTally(3), trained: 2, failed: 1, exampleCount: 10, lossSum: 5 },
  model: modelOf(round),
  downBytes: 30,
  upBytes: 20,
  ...more,
});

/** Publishes; returns the event. */
async function publish(outcome: RoundOutcome, bestRound = outcome.round): Promise<RoundFinished> {
  let heard: RoundFinished | undefined;
  const noted = (event: RoundFinished) => {
    heard = event;
    return bestRound;
  };
  await publishRound(run, outcome, { emit: (event) => run.append(event, { durable: true }), noted });
  if (!heard) throw new Error('nobody was told of the round');
  return heard;
}

describe('publishRound', () => {
  it('leaves the model of a next round alone that was as quick as this one is slow', async () => {
    await run.saveModel(0, modelOf(0));
    await run.saveModel(2, modelOf(2));
    await publish(outcomeOf(1));
    expect(await listModels(run.path)).toEqual([1, 2]);
  });

  it('logs what the round has brought, with the hash of the model that is saved', async () => {
    const metrics = { exampleCount: 4, loss: 0.25 };
    const event = await publish(outcomeOf(1, { found: { metrics } }));
    const saved = await run.loadModel(1);
    expect(event).toEqual({
      type: 'round-finished',
      round: 1,
      outcome: 'aggregated',
      cohortSize: 3,
      trainedCount: 2,
      failedCount: 1,
      trainLoss: 0.5,
      metrics,
      downBytes: 30,
      upBytes: 20,
      wallMs: expect.any(Number),
      modelSha256: sha256(saved),
    });
    expect(readParams(saved, layout, 'model')).toEqual({
      values: Float32Array.of(1, 1),
      metadata: { round: '1' },
    });
  });

  it('says why a round failed, and has no loss where nobody trained', async () => {
    const tally = { ...startTally(3), failed: 3, failure: '0 of 3 clients answered' };
    const event = await publish(outcomeOf(1, { tally }));
    expect(event).toMatchObject({ outcome: 'failed', reason: '0 of 3 clients answered', trainedCount: 0 });
    expect(event).not.toHaveProperty('trainLoss');
  });

  it('counts those who were not needed any more', async () => {
    const tally = { ...startTally(5), trained: 3, surplus: 2 };
    expect(await publish(outcomeOf(1, { tally }))).toMatchObject({ trainedCount: 3, surplusCount: 2 });
  });

  it('saves what stays with the clients beside the model', async () => {
    const event = await publish(outcomeOf(2, { local: paramsOf(7) }));
    const saved = await run.load('local', 2);
    expect(event.localSha256).toBe(sha256(saved));
    expect(readParams(saved, layout, 'local').values).toEqual(Float32Array.of(7, 7));
  });

  it('saves what the strategy keeps beside the model', async () => {
    const event = await publish(outcomeOf(2, { server: paramsOf(3) }));
    expect(event.serverSha256).toBe(sha256(await run.load('server', 2)));
    expect(event).not.toHaveProperty('localSha256');
  });

  it('keeps the models of this round and of the best one, and drops older ones', async () => {
    for (const round of [0, 1, 2]) await publish(outcomeOf(round), 0);
    expect(await listModels(run.path)).toEqual([0, 2]);
  });

  it('has the model on the disk before the event, and the older ones until after it', async () => {
    await publish(outcomeOf(0));
    const models: (readonly number[])[] = [];
    const look = async () => void models.push(await listModels(run.path));
    await publishRound(run, outcomeOf(1), { emit: look, noted: () => 1 });
    await look();
    expect(models).toEqual([[0, 1], [1]]);
  });

  it('drops nothing where the event could not be written', async () => {
    await publish(outcomeOf(0));
    const emit = () => Promise.reject(new StoreError('the disk is full'));
    const noted = () => expect.unreachable('a round that is not in the log must not count');
    await expect(publishRound(run, outcomeOf(1), { emit, noted })).rejects.toThrow('the disk is full');
    expect(await listModels(run.path)).toEqual([0, 1]);
  });
});
