/** Tests of what clients, and pages before they are clients, are told that there is to do. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../../test/helpers/ask.js';
import { newSigner, signedRequest } from '../../test/helpers/raw-http.js';
import type { OffersResponse } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import type { Signer } from '../protocol/signer.js';
import type { EnrolmentPolicy } from './enrol.js';
import { createFederationServer, type FederationServer } from './server.js';

const settings = {
  ...{ model: 'mlp', name: 'one', rounds: 3, cohort: 1, evaluation: 'none', reports: 'update' },
  ...{ task: 'classification', featureShape: [4], classNames: ['no', 'yes'], title: 'Yes or no' },
};

let folder: string;
let server: FederationServer;
async function open(enrolment: EnrolmentPolicy): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'tessera-offers-'));
  server = await createFederationServer({ folder: join(folder, 'runs'), enrolment });
}
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const offered = async (signer?: Signer, address?: string) => {
  const { headers } = signer
    ? await signedRequest('http://localhost', signer, { target: PATHS.offers })
    : { headers: {} };
  return ask(server.handler, 'GET', PATHS.offers, { headers, ...(address ? { address } : {}) });
};
const offersOf = async (signer?: Signer) => ((await offered(signer)).json() as OffersResponse).offers;
const started = async (more: object = {}) => {
  const run = await server.startRun({ ...settings, ...more });
  await expect.poll(() => run.host.state.progress?.round).toBe(0);
  return run;
};
const enrolled = async (population?: string): Promise<Signer> => {
  const signer = newSigner();
  const { clients, invitations } = server.federation.access;
  const invitation = population && (await invitations.invite({ population }, 'server')).token;
  const asked = { publicKey: signer.publicKey, keyId: signer.keyId };
  await clients.enrol(
    { ...asked, ...(invitation ? { invitation } : {}) },
    server.federation.context.enrolment,
  );
  return signer;
};

describe('what there is to take part in', () => {
  it('is told to anybody where anybody may enrol, and names a model that can be fetched', async () => {
    await open('open');
    await started();
    const [offer, ...others] = await offersOf();
    expect(others).toEqual([]);
    expect(offer).toMatchObject({
      ...{ round: 0, rounds: 3, metrics: null, status: 'running' },
      definition: { runId: 'one', title: 'Yes or no', data: { classCount: 2, classNames: ['no', 'yes'] } },
    });
    const model = await ask(server.handler, 'HEAD', `/v1/blobs/${offer?.params.sha256}`);
    expect([model.status, Number(model.headers['content-length'])]).toEqual([200, offer?.params.bytes]);
  });

  it('is not told to strangers where enrolment is not open, and says what is missing', async () => {
    await open('approval');
    await started();
    const answer = await offered();
    expect([answer.status, answer.json()]).toEqual([
      401,
      expect.objectContaining({ type: 'urn:tessera:not-signed' }),
    ]);
    expect((await offered(newSigner())).json()).toMatchObject({ type: 'urn:tessera:unknown-client' });
    expect((await offered(await enrolled())).json()).toMatchObject({ type: 'urn:tessera:not-approved' });
  });

  it("is, for a client, its own population's runs alone", async () => {
    await open('open');
    await started();
    await started({ name: 'two', population: 'north' });
    const names = async (signer?: Signer) =>
      (await offersOf(signer)).map(({ definition }) => definition.runId);
    expect(await names()).toEqual(['one']);
    expect(await names(await enrolled())).toEqual(['one']);
    expect(await names(await enrolled('north'))).toEqual(['two']);
  });

  it('says that a run is paused, and nothing of one that is over', async () => {
    await open('open');
    const run = await started();
    run.host.deliver({ type: 'pause-requested' });
    expect(await offersOf()).toMatchObject([{ status: 'paused' }]);
    await run.stop();
    expect(await offersOf()).toEqual([]);
  });

  it('has the metrics of the model without its tables by class', async () => {
    await open('open');
    await started({
      ...{ task: undefined, featureShape: undefined, classNames: undefined, evaluation: 'server' },
      ...{ data: 'digits', examples: 50 },
    });
    const [offer] = await offersOf();
    expect(Object.keys(offer?.metrics ?? {}).toSorted()).toEqual(['accuracy', 'exampleCount', 'loss']);
    expect(offer?.definition.data.classNames).toEqual([...'0123456789']);
  });

  it('names the vocabulary that its tokens are of, where everybody has it', async () => {
    await open('open');
    const text = { task: 'next-token', featureShape: [8], classNames: undefined, model: 'transformer' };
    await started({ ...text, name: 'chars', tokens: 'chars' });
    await started({ ...text, name: 'hashed', tokens: 'words', vocabulary: 'hashed:64' });
    const told = (await offersOf()).map(({ definition }) => definition.data);
    expect(told).toMatchObject([{ classCount: 90, vocabulary: 'chars' }, { vocabulary: { hashed: 64 } }]);
    expect(told.every((data) => !('classNames' in data))).toBe(true);
  });

  it('does not go on for an address that asks all the time', async () => {
    await open('open');
    const answers = await Promise.all(Array.from({ length: 800 }, () => offered(undefined, '192.0.2.1')));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect((await offered(undefined, '192.0.2.2')).status).toBe(200);
  });
});
