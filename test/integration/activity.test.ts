/** What operators see of the clients of a round while it goes on. */
import { createParser } from 'eventsource-parser';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientData } from '../../src/client/rounds.js';
import { blobPath } from '../../src/protocol/paths.js';
import type { Activity } from '../../src/round/activity.js';
import type { OpenRoundState } from '../../src/server/control-messages.js';
import { digitsOf, startFederation, type TestFederation } from '../helpers/federation.js';
import { handIn, modelOf, type RawClient, rawClient, updateOf } from '../helpers/raw-clients.js';
import { newSigner, sendRaw, signedRequest } from '../helpers/raw-http.js';

const open: TestFederation[] = [];
const looking: AbortController[] = [];
afterEach(async () => {
  for (const look of looking.splice(0)) look.abort();
  await Promise.all(open.splice(0).map((federation) => federation.close()));
});
async function federation(): Promise<TestFederation> {
  const started = await startFederation();
  open.push(started);
  return started;
}

const [data] = (await digitsOf(1, 100, 1)) as [ClientData];
const described = {
  task: 'classification',
  featureShape: [28, 28],
  classCount: 10,
  model: 'logistic',
} as const;
const settings = { ...described, name: 'one', cohort: 1, overSelection: 1, evaluation: 'none' } as const;

const SLOW = { timeout: 5_000 };

interface Told {
  readonly activities: Activity[];
  readonly states: OpenRoundState[];
}

/** Follows run `one` as an operator does. */
async function look({ url, server }: TestFederation): Promise<Told> {
  const told: Told = { activities: [], states: [] };
  const controller = new AbortController();
  looking.push(controller);
  const answer = await fetch(`${url}/v1/control/runs/one/events`, {
    headers: { authorization: `Bearer ${server.firstToken}`, accept: 'text/event-stream' },
    signal: controller.signal,
  });
  expect(answer.status).toBe(200);
  const parser = createParser({
    onEvent({ event, data: json }) {
      if (event === 'activity') told.activities.push(JSON.parse(json));
      if (event === 'state') told.states.push(JSON.parse(json));
    },
  });
  void (async () => {
    const decoder = new TextDecoder();
    for await (const part of answer.body as AsyncIterable<Uint8Array>) parser.feed(decoder.decode(part));
  })().catch(() => {});
  return told;
}

const phasesOf = ({ activities }: Told, round: number, clientId = 0) =>
  activities.filter((one) => one.round === round && one.clientId === clientId).map(({ phase }) => phase);

/** A client, its task of round 1, and an operator who looks. */
async function asked(federation: TestFederation) {
  await federation.server.startRun({ ...settings, selectionMs: 0 });
  const told = await look(federation);
  const client = await rawClient(federation.url);
  const task = await client.task();
  return { told, client, task };
}
const fetchModel = (url: string, { signer }: Pick<RawClient, 'signer'>, sha256: string) =>
  signedRequest(url, signer, { target: blobPath(sha256) });

describe('what a client does', () => {
  it('is seen from its selection to its update, with the model on its way between', async () => {
    const federated = await federation();
    const { join, server } = federated;
    const run = await server.startRun({ ...settings, rounds: 2 });
    const told = await look(federated);
    await join(0, { data });
    await run.over;
    await expect.poll(() => phasesOf(told, 2).at(-1)).toBe('done');
    for (const round of [1, 2]) {
      // On a busy machine it may be a while from the task to the fetch: until then it is taken to train.
      expect(phasesOf(told, round).join(' ')).toMatch(
        /^selected (training )?downloading training uploading done$/,
      );
    }
  });

  it('is training where nobody has signed the fetch of the model', async () => {
    const federated = await federation();
    const { told, client, task } = await asked(federated);
    const { layout } = await modelOf(federated.url, task);
    await expect.poll(() => phasesOf(told, 1), SLOW).toEqual(['selected', 'training']);
    const standing = { phase: 'training', round: 1, cohort: 1, waiting: 1, available: 1 };
    await expect.poll(() => told.states.at(-1)).toMatchObject(standing);
    await handIn(client, task, updateOf(layout, 0));
    await expect.poll(() => phasesOf(told, 1), SLOW).toEqual(['selected', 'training', 'uploading', 'done']);
  });

  it('is not what others say: a signature that does not hold, or is replayed, shows nothing and hinders nothing', async () => {
    const federated = await federation();
    const { url } = federated;
    const { told, client, task } = await asked(federated);
    await expect.poll(() => phasesOf(told, 1), SLOW).toEqual(['selected', 'training']);
    const { sha256 } = task.params;
    const forged = await fetchModel(url, client, sha256);
    forged.headers.signature = `tessera=:${'A'.repeat(86)}==:`;
    const stranger = await fetchModel(url, { signer: newSigner() }, sha256);
    const broken = await fetchModel(url, client, sha256);
    broken.headers['signature-input'] = 'tessera=(';
    for (const request of [forged, stranger, broken]) {
      expect((await sendRaw(url, request))?.status).toBe(200);
    }
    expect(phasesOf(told, 1)).toEqual(['selected', 'training']);
    const signed = await fetchModel(url, client, sha256);
    expect((await sendRaw(url, signed))?.status).toBe(200);
    await expect
      .poll(() => phasesOf(told, 1), SLOW)
      .toEqual(['selected', 'training', 'downloading', 'training']);
    expect((await sendRaw(url, signed))?.status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(phasesOf(told, 1)).toHaveLength(4);
  });

  it('has failed where it says so, and is late where the round is over before', async () => {
    const federated = await federation();
    await federated.server.startRun({ ...settings, cohort: 2, selectionMs: 60_000, deadlineMs: 1_000 });
    const told = await look(federated);
    const [client, other] = await Promise.all([rawClient(federated.url), rawClient(federated.url)]);
    await Promise.all([client.task(), other.task()]);
    const target = `/v1/runs/one/rounds/1/failures/${client.clientId}`;
    await client.send({ target, json: { reason: 'no power' } });
    const { clients } = federated.server.federation.access;
    const endOf = ({ clientId }: RawClient) => phasesOf(told, 1, clients.find(clientId)?.index).at(-1);
    await expect.poll(() => endOf(other), { timeout: 5_000 }).toBe('late');
    expect(endOf(client)).toBe('failed');
  });
});
