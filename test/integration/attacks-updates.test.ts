/** Plays a client of the round that lies in what it hands in: nothing of it counts, and the round goes on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLayout } from '../../src/params/layout.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/params/safetensors.js';
import { reportPath } from '../../src/protocol/paths.js';
import { type AttackedRun, startAttackedRun } from '../helpers/attacked-run.js';
import { jsonOf, modelOf, rawClient, report, updateOf } from '../helpers/raw-clients.js';
import { problemOf, type RawAnswer, sendRaw } from '../helpers/raw-http.js';

let attacked: AttackedRun;
beforeEach(async () => {
  attacked = await startAttackedRun({ maxUpdateNorm: 5000 });
});
afterEach(() => attacked.close());

function refused(answer: RawAnswer | null, status: number, says: RegExp): void {
  const problem = problemOf(answer);
  expect(problem.status, problem.detail).toBe(status);
  expect(problem.detail).toMatch(says);
}

/** The update of an attacker, changed in one way. */
function changed(evil: Uint8Array, change: (values: Float32Array, metadata: Record<string, string>) => void) {
  const { params, metadata } = decodeSafetensors(evil);
  const values = Float32Array.from(params.values).fill(0.5);
  const texts = { ...metadata };
  change(values, texts);
  return encodeSafetensors({ layout: params.layout, values }, texts);
}

describe('an update that lies', () => {
  it.each<[string, RegExp, (values: Float32Array, metadata: Record<string, string>) => void]>([
    ['a NaN at its beginning', /finite/, (values) => values.fill(Number.NaN, 0, 1)],
    ['an infinity at its end', /finite/, (values) => values.fill(Number.POSITIVE_INFINITY, -1)],
    ['a norm above the limit', /norm of at most 5000/, (values) => values.fill(666)],
    ['a norm that is no number', /norm of at most 5000/, (values) => values.fill(3e38)],
    ['no example count', /exampleCount/, (_, metadata) => delete metadata.exampleCount],
    ['no examples', /exampleCount/, (_, metadata) => Object.assign(metadata, { exampleCount: '0' })],
    [
      'fewer than no examples',
      /exampleCount/,
      (_, metadata) => Object.assign(metadata, { exampleCount: '-5' }),
    ],
    [
      'an absurd example count',
      /exampleCount/,
      (_, metadata) => Object.assign(metadata, { exampleCount: '1e15' }),
    ],
    [
      'an example count that is none',
      /exampleCount/,
      (_, metadata) => Object.assign(metadata, { exampleCount: 'many' }),
    ],
    ['a loss that is none', /loss/, (_, metadata) => Object.assign(metadata, { loss: 'Infinity' })],
    ['no loss', /loss/, (_, metadata) => delete metadata.loss],
  ])('is refused for %s', async (_, says, change) => {
    await attacked.round(async (round) => {
      refused(await round.report(changed(round.evil, change)), 422, says);
      // A second chance it has not.
      expect(jsonOf(await round.report(round.honest))).toMatchObject({ outcome: 'dropped' });
    });
  });

  it.each<[string, RegExp, (evil: Uint8Array) => Uint8Array]>([
    [
      'another shape',
      /must have "dense1.weight"/,
      (evil) => {
        const { params } = decodeSafetensors(evil);
        const entries = params.layout.entries.map(({ name, shape }) => ({
          name,
          shape: [...shape].reverse(),
        }));
        return encodeSafetensors({ layout: createLayout(entries), values: params.values });
      },
    ],
    [
      'other names',
      /u001b|must have|parameter/,
      (evil) => {
        const { params } = decodeSafetensors(evil);
        const entries = params.layout.entries.map(({ name, shape }) => ({ name: `\u001b[2J${name}`, shape }));
        return encodeSafetensors({ layout: createLayout(entries), values: params.values });
      },
    ],
    ['a part missing', /bytes/, (evil) => evil.subarray(0, -4)],
    ['no bytes but a header', /bytes/, (evil) => evil.subarray(0, 2000)],
    ['a header of its own length', /header/, () => Buffer.from('ffffffffffffffff', 'hex')],
    ['no safetensors at all', /header|safetensors/, () => Buffer.from('{"update":"please"}')],
  ])('is refused for %s', async (_, says, make) => {
    await attacked.round(async (round) => {
      refused(await round.report(make(round.evil)), 422, says);
    });
    const failed = attacked.federation.events.filter(({ type }) => type === 'client-failed');
    expect(failed.length).toBeGreaterThan(0);
    // What a stranger wrote comes to people's terminals.
    for (const event of failed) expect('reason' in event && event.reason).not.toMatch(/\p{C}/u);
  });

  it('counts once, however often it is sent', async () => {
    const { alice } = attacked;
    await attacked.round(async ({ task, honest, evil }) => {
      expect(jsonOf(await alice.send(report(alice, task, honest)))).toMatchObject({ outcome: 'accepted' });
      expect(jsonOf(await alice.send(report(alice, task, evil)))).toMatchObject({ outcome: 'duplicate' });
    });
  });

  it('counts once, also when it comes twice at once', async () => {
    const { alice, url } = attacked;
    await attacked.round(async ({ task, honest }) => {
      const requests = await Promise.all([1, 2, 3, 4].map(() => alice.make(report(alice, task, honest))));
      const answers = await Promise.all(requests.map((request) => sendRaw(url, request)));
      const outcomes = answers.map((answer) =>
        answer?.status === 200 ? jsonOf<{ outcome: string }>(answer).outcome : answer?.status,
      );
      expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
    });
  });

  it('leaves no escape codes of a client in the log', async () => {
    const { mallory } = attacked;
    await attacked.round(async ({ task }) => {
      const target = reportPath('failures', task.runId, task.round, mallory.clientId);
      jsonOf(await mallory.send({ target, json: { reason: 'bad\u001b[2J\nluck' } }));
    });
    const [event] = attacked.federation.events.filter(({ type }) => type === 'client-failed');
    expect(event).toMatchObject({ reason: 'the client says: bad [2J luck' });
  });
});

describe('figures of an evaluation that do not add up', () => {
  const classCount = 3;
  const right = { exampleCount: 4, lossSum: 2, absoluteErrorSum: 0, confusion: [1, 0, 0, 1, 1, 0, 0, 0, 1] };
  it('are refused, and do not enter the metrics', async () => {
    const { url, federation } = attacked;
    const run = await federation.server.startRun({
      ...{
        name: 'evaluated',
        model: 'logistic',
        rounds: 2,
        seed: 1,
        cohort: 1,
        overSelection: 1,
        minimumClients: 1,
      },
      ...{ deadlineMs: 600_000, selectionMs: 0, evaluation: 'clients', population: 'default' },
      ...{ task: 'classification', featureShape: [2], classCount },
    });
    const carol = await rawClient(url);
    const checkIn = {
      target: '/v1/check-in',
      json: { encodings: ['float32'], heldOutCount: 4, runIds: ['evaluated'] },
    };
    const ask = async (type: string) => {
      for (;;) {
        const { task } = jsonOf<{ task?: Parameters<typeof report>[1] }>(await carol.send(checkIn));
        if (task?.type === type) return task;
        await carol.send({ target: '/v1/wake?wait=1' });
      }
    };
    const task = await ask('train');
    const { layout } = await modelOf(url, task);
    jsonOf(await carol.send(report(carol, task, updateOf(layout, 0.5))));
    const evaluation = await ask('evaluate');
    const target = reportPath('evaluations', 'evaluated', evaluation.round, carol.clientId);
    for (const wrong of [
      { ...right, exampleCount: 5 },
      { ...right, exampleCount: 0 },
      { ...right, exampleCount: -4 },
      { ...right, exampleCount: 2 ** 52, confusion: [2 ** 52, 0, 0, 0, 0, 0, 0, 0, 0] },
      { ...right, confusion: [4] },
      { ...right, confusion: [5, -1, 0, 0, 0, 0, 0, 0, 0] },
      { ...right, confusion: [0.5, 3.5, 0, 0, 0, 0, 0, 0, 0] },
      { ...right, confusion: 'all right' },
      { ...right, extra: 1 },
    ]) {
      refused(await carol.send({ target, json: wrong }), 400, /./);
    }
    // JSON has no infinity, but 1e999 reads as one.
    const infinite = Buffer.from(JSON.stringify(right).replace('"lossSum":2', '"lossSum":1e999'));
    const headers = { 'content-type': 'application/json' };
    refused(await carol.send({ method: 'POST', target, headers, body: infinite }), 400, /lossSum/);
    jsonOf(await carol.send({ target, json: right }));
    await ask('train');
    const [round] = federation.events.filter((event) => event.type === 'round-finished' && event.round === 1);
    expect(round).toMatchObject({ metrics: { loss: 0.5, accuracy: 0.75 } });
    await run.stop();
  });
});
