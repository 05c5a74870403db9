/** Participants in real tabs, on a real server: what they learn together, and what they leave behind. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { join as joinFromNode } from '../../src/client/node/join.js';
import { generateDigits } from '../../src/data/digits.js';
import { PATHS } from '../../src/protocol/paths.js';
import type { Signer } from '../../src/protocol/signer.js';
import { describeInChromium } from '../helpers/browser.js';
import { emptyFolder } from '../helpers/cli.js';
import { longestTaskMs } from '../helpers/longest-task.js';
import {
  type CarriedDigits,
  type ParticipantWindow,
  shown,
  startParticipant,
  stateOf,
  violationsOf,
} from '../helpers/participant-page.js';
import { type Site, startSite } from '../helpers/participant-site.js';
import { problemOf, sendRaw, signedRequest } from '../helpers/raw-http.js';

const sites: Site[] = [];
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.close()));
});
async function open(...options: Parameters<typeof startSite>): Promise<Site> {
  const site = await startSite(...options);
  sites.push(site);
  return site;
}

const PIXELS = 784;
const { train } = generateDigits({ trainCount: 600, testCount: 1, seed: 1 });
/** A third of the digits. */
const carried = (part: number): CarriedDigits => ({
  features: [...train.features.subarray(part * 200 * PIXELS, (part + 1) * 200 * PIXELS)],
  labels: [...train.labels.subarray(part * 200, (part + 1) * 200)],
});

const described = {
  ...{ task: 'classification', featureShape: [1, 28, 28], classNames: train.classNames },
} as const;
const training = {
  ...{ model: 'mlp', learningRate: 0.1, batchSize: 10, overSelection: 1 },
  ...{ selectionMs: 60_000, deadlineMs: 120_000 },
} as const;

/** The name of a client's key, once it has one. */
const clientIdOf = async (page: Page) => (await stateOf(page)).clientId;

describeInChromium('a participant in Chromium', [], (openPage) => {
  it('learns digits with another page and a client in Node, under a strict policy', async () => {
    const site = await open();
    const pages = await Promise.all([openPage(site.page), openPage(site.page)]);
    for (const [part, page] of pages.entries()) await startParticipant(page, carried(part));
    const indices = Uint32Array.from({ length: 200 }, (_, index) => 400 + index);
    const node = await joinFromNode(site.url, {
      ...{ data: { train: { dataset: train, indices } }, folder: await emptyFolder() },
    });
    onTestFinished(() => node.stop());
    const run = await site.server.startRun({
      ...{ ...training, data: 'digits', examples: 600, cohort: 3, minimumClients: 3, rounds: 10 },
      localEpochs: 3,
    });
    await run.over;
    expect(site.failures).toEqual([]);
    expect(run.status()).toBe('finished');
    const rounds = site.events.filter((event) => event.type === 'round-finished');
    expect(rounds.at(-1)).toMatchObject({ round: 10, trainedCount: 3 });
    expect(rounds.at(-1)?.metrics?.accuracy).toBeGreaterThan(0.8);
    for (const page of pages) {
      const { totals, engine, exampleCount, heldOutCount } = await stateOf(page);
      expect(totals).toMatchObject({ updates: 10 });
      expect(engine).toMatch(/^ONNX Runtime .*\(wasm/);
      expect([exampleCount, heldOutCount]).toEqual([160, 40]);
      expect(await violationsOf(page)).toEqual([]);
    }
  });

  it('lets the round end where a tab is closed in the middle of it', async () => {
    const site = await open({ graceMs: 500 });
    const [closed, stays] = await Promise.all([openPage(site.page), openPage(site.page)]);
    await startParticipant(closed, carried(0));
    await startParticipant(stays, carried(1));
    const run = await site.server.startRun({
      ...{ ...training, ...described, evaluation: 'none', rounds: 1, minimumClients: 1, cohort: 2 },
      localSteps: 8_000,
    });
    await shown(closed, { status: 'working', round: 1 });
    await closed.waitForFunction(
      () => ((globalThis as unknown as ParticipantWindow).participant.state.progress?.share ?? 0) > 0.01,
    );
    await closed.close();
    await run.over;
    expect(run.status()).toBe('finished');
    expect(site.events.find(({ type }) => type === 'client-failed')).toMatchObject({ round: 1 });
    expect(site.events.filter(({ type }) => type === 'client-trained')).toHaveLength(1);
  });

  it('is the same client after a reload, whose key no script can read', async () => {
    const site = await open();
    const page = await openPage(site.page);
    await startParticipant(page, carried(0));
    const before = await clientIdOf(page);
    const extractable = await page.evaluate(async () => {
      const [{ name = '' } = {}] = await indexedDB.databases();
      const database = await new Promise<IDBDatabase>((resolve) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => resolve(asked.result);
      });
      const key = await new Promise<{ privateKey: CryptoKey }>((resolve) => {
        const asked = database.transaction('identity').objectStore('identity').get('key');
        asked.onsuccess = () => resolve(asked.result);
      });
      database.close();
      return key.privateKey.extractable;
    });
    expect(extractable).toBe(false);
    await page.reload();
    await startParticipant(page, carried(0));
    expect(before).toMatch(/^[\w-]{43}$/);
    expect(await clientIdOf(page)).toBe(before);
    expect(site.server.federation.access.clients.list()).toHaveLength(1);
  });

  it('leaves nothing behind when it leaves, and the server refuses the old key', async () => {
    const site = await open();
    const page = await openPage(site.page);
    await startParticipant(page, carried(0));
    const run = await site.server.startRun({
      ...{ ...training, ...described, cohort: 1, minimumClients: 1, rounds: 1 },
    });
    await run.over;
    const signer = await signerOf(page);
    const checkIn = async () =>
      sendRaw(
        site.url,
        await signedRequest(site.url, signer, {
          target: PATHS.checkIn,
          json: { encodings: ['float32'], exampleCount: 1 },
        }),
      );
    expect((await checkIn())?.status).toBe(200);
    await page.evaluate(() => (globalThis as unknown as ParticipantWindow).participant.leave());
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(await stateOf(page)).toMatchObject({ status: 'left', clientId: null });
    const refused = await checkIn();
    expect(refused?.status).toBe(401);
    expect(problemOf(refused).type).toBe('urn:tessera:unknown-client');
    // Coming back is coming as somebody else.
    await startParticipant(page, carried(0));
    expect(await clientIdOf(page)).not.toBe(signer.keyId);
  });

  it('takes part in one tab at a time; another takes over when that is closed', async () => {
    const site = await open();
    const first = await openPage(site.page);
    await startParticipant(first, carried(0));
    const second = await first.context().newPage();
    onTestFinished(() => second.close());
    await second.goto(site.page);
    await startParticipant(second, carried(0));
    expect(await stateOf(second)).toMatchObject({
      status: 'elsewhere',
      sentence:
        'Another tab of this browser is taking part; this one takes over when that is closed or stops.',
    });
    const other = await first.context().newPage();
    onTestFinished(() => other.close());
    await other.goto(site.page);
    await startParticipant(other, carried(0), { storage: 'other' });
    const clientId = await clientIdOf(first);
    expect(await clientIdOf(other)).not.toBe(clientId);
    await first.close();
    await shown(second, { status: 'waiting' });
    expect(await clientIdOf(second)).toBe(clientId);
  });

  it('ends training at its next step when it is paused, and goes on when it is resumed', async () => {
    const site = await open();
    const page = await openPage(site.page);
    await startParticipant(page, carried(0));
    const run = await site.server.startRun({
      ...{ ...training, ...described, evaluation: 'none', rounds: 9, cohort: 1, minimumClients: 1 },
      ...{ localSteps: 1_000_000, retry: { initialMs: 100, maxMs: 100 } },
    });
    await page.waitForFunction(
      () => ((globalThis as unknown as ParticipantWindow).participant.state.progress?.share ?? 0) > 0,
    );
    await page.evaluate(() => (globalThis as unknown as ParticipantWindow).participant.pause());
    expect(await stateOf(page)).toMatchObject({ status: 'paused', progress: null });
    await expect.poll(() => site.events.some(({ type }) => type === 'client-failed')).toBe(true);
    expect(site.events.find((event) => event.type === 'client-failed')).toMatchObject({
      reason: 'the client says: the client was stopped',
    });
    await page.evaluate(() => {
      const own = globalThis as unknown as ParticipantWindow;
      own.states = [];
      return own.participant.resume();
    });
    await shown(page, { status: 'working', round: 2 });
    await page.evaluate(() => (globalThis as unknown as ParticipantWindow).participant.stop());
    expect((await stateOf(page)).status).toBe('off');
    await run.stop();
  });

  it('guesses with the newest model while it trains, without the server', async () => {
    const site = await open();
    const page = await openPage(site.page);
    const run = await site.server.startRun({
      ...{ ...training, ...described, name: 'long', evaluation: 'none', rounds: 1, cohort: 1 },
      ...{ minimumClients: 1, localSteps: 1_000_000 },
    });
    await startParticipant(page, carried(0));
    await page.waitForFunction(
      () => ((globalThis as unknown as ParticipantWindow).participant.state.progress?.share ?? 0) > 0,
    );
    const guesses = await page.evaluate(
      async (pixels) => {
        const { participant } = globalThis as unknown as ParticipantWindow;
        const found = [];
        for (let time = 0; time < 3; time++) {
          const { round, probabilities } = await participant.predict('long', pixels);
          found.push({ round, sum: probabilities.reduce((sum, each) => sum + each) });
        }
        const { status } = participant.state;
        await participant.stop();
        return { found, status };
      },
      carried(0).features.slice(0, PIXELS),
    );
    expect(guesses.status).toBe('working');
    expect(guesses.found).toHaveLength(3);
    for (const { round, sum } of guesses.found) expect([round, Math.round(sum * 1e4)]).toEqual([0, 1e4]);
    expect(await violationsOf(page)).toEqual([]);
    await run.stop();
  });

  it("starts the Worker that a bundler has put beside the page's own script", async () => {
    const site = await open({ scripts: await bundled() });
    const page = await openPage(site.page);
    const status = await page.evaluate(`(async () => {
      const { createParticipant, createTextStore } = await import('/own/index.js');
      const examples = createTextStore('typed');
      await examples.add('to be or not to be');
      const participant = createParticipant({ examples });
      await participant.start();
      const { status } = participant.state;
      await participant.leave();
      return status;
    })()`);
    expect(status).toBe('waiting');
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(await violationsOf(page)).toEqual([]);
  });

  // Beside other work a task once took longer of processor time: one of three times without any is enough.
  it('leaves the page responsive while it trains: no task over 50 ms', { retry: 2 }, async () => {
    const site = await open();
    const page = await openPage(site.page);
    await startParticipant(page, carried(0));
    const longest = await longestTaskMs(page, async () => {
      const run = await site.server.startRun({
        ...{ ...training, ...described, cohort: 1, minimumClients: 1, rounds: 3, localEpochs: 60 },
        model: '2nn',
      });
      await run.over;
      expect(run.status()).toBe('finished');
    });
    expect(longest).toBeLessThan(50);
  });
});

/** `tessera/browser` and its Worker as a bundler leaves them, by their paths. */
async function bundled(): Promise<Record<string, string>> {
  const [index, worker] = ['index', 'worker'].map((name) =>
    fileURLToPath(new URL(`../../dist/browser/${name}.js`, import.meta.url)),
  );
  const build = await rolldown({
    input: { index: index ?? '', worker: worker ?? '' },
    platform: 'browser',
    external: /^onnxruntime-/,
  });
  const { output } = await build.generate({ format: 'esm', entryFileNames: '[name].js' });
  await build.close();
  return Object.fromEntries(
    output.flatMap((file) => (file.type === 'chunk' ? [[`/own/${file.fileName}`, file.code]] : [])),
  );
}

/** The page's key, which signs in the page: it cannot leave it. */
async function signerOf(page: Page): Promise<Signer> {
  const { keyId, publicKey } = await page.evaluate(async () => {
    const [{ name = '' } = {}] = await indexedDB.databases();
    const database = await new Promise<IDBDatabase>((resolve) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => resolve(asked.result);
    });
    const key = await new Promise<{ privateKey: CryptoKey; publicKey: Uint8Array }>((resolve) => {
      const asked = database.transaction('identity').objectStore('identity').get('key');
      asked.onsuccess = () => resolve(asked.result);
    });
    database.close();
    const own = globalThis as unknown as ParticipantWindow & { oldKey: CryptoKey };
    own.oldKey = key.privateKey;
    return { keyId: own.participant.state.clientId ?? '', publicKey: [...key.publicKey] };
  });
  return {
    ...{ keyId, publicKey: Uint8Array.from(publicKey) },
    async sign(bytes) {
      const signature = await page.evaluate(
        async (message) => {
          const { oldKey } = globalThis as unknown as { oldKey: CryptoKey };
          return [...new Uint8Array(await crypto.subtle.sign('Ed25519', oldKey, Uint8Array.from(message)))];
        },
        [...bytes],
      );
      return Uint8Array.from(signature);
    },
  };
}
