/**
 * A participant whose network is gone in the middle of an upload. TESSERA_OFFLINE_MS says for how long: the everyday test
 * takes 5 s, the requirement is 30,000.
 */
import { afterEach, expect, it } from 'vitest';
import { generateDigits } from '../../src/data/digits.js';
import { describeInChromium } from '../helpers/browser.js';
import { startChaosProxy } from '../helpers/chaos-proxy.js';
import { type ParticipantWindow, startParticipant, stateOf } from '../helpers/participant-page.js';
import { startSite } from '../helpers/participant-site.js';

const OFFLINE_MS = Number(process.env.TESSERA_OFFLINE_MS ?? 5_000);

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

const { train } = generateDigits({ trainCount: 100, testCount: 1, seed: 1 });
const digits = { features: [...train.features], labels: [...train.labels] };

describeInChromium('a participant in Chromium without a network', [], (openPage) => {
  it.each([
    { is: 'with word of it from the browser', tells: true },
    { is: 'by itself', tells: false },
  ])(
    'goes on with its upload where it broke off, $is, and counts once',
    { timeout: 200_000 },
    async ({ tells }) => {
      const site = await startSite();
      toClose.push(site.close);
      const sent: string[] = [];
      let cutAt = Number.POSITIVE_INFINITY;
      const proxy = await startChaosProxy({
        ...{ targetPort: Number(new URL(site.url).port), seed: 1 },
        fateOf(request) {
          const [method = '', target = ''] = request.toString('latin1', 0, 200).split(' ');
          if (!target.includes('/updates/')) return { type: 'pass' };
          sent.push(method);
          if (method !== 'PUT') return { type: 'pass' };
          // After the bytes that get through are read at the other end.
          setTimeout(() => {
            cutAt = performance.now();
            proxy.cut(OFFLINE_MS);
          }, 300);
          return { type: 'part', share: 0.9 };
        },
      });
      toClose.push(proxy.close);
      const page = await openPage(`http://127.0.0.1:${proxy.port}/page`);
      await startParticipant(page, digits);
      const run = await site.server.startRun({
        ...{ model: '2nn', task: 'classification', featureShape: [1, 28, 28], classNames: train.classNames },
        ...{ cohort: 1, minimumClients: 1, overSelection: 1, rounds: 1, evaluation: 'none' },
      });
      await expect.poll(() => cutAt, { timeout: 60_000 }).toBeLessThan(Number.POSITIVE_INFINITY);
      let toldAt = Number.NaN;
      if (tells) {
        await page.waitForTimeout(cutAt + OFFLINE_MS - performance.now() + 100);
        toldAt = await page.evaluate(() => {
          dispatchEvent(new Event('online'));
          return Date.now();
        });
      }
      await run.over;
      expect(run.status()).toBe('finished');
      expect(sent[0]).toBe('PUT');
      expect(sent.slice(1).filter((method) => method === 'PUT')).toEqual([]);
      expect(sent.slice(-2)).toEqual(['HEAD', 'PATCH']);
      expect(site.events.filter(({ type }) => type === 'client-trained')).toHaveLength(1);
      expect(site.events.filter(({ type }) => type === 'client-failed')).toEqual([]);
      await expect.poll(async () => (await stateOf(page)).totals.updates).toBe(1);
      const requests = await page.evaluate(() =>
        (globalThis as unknown as ParticipantWindow).participant.requests(),
      );
      expect(requests.filter(({ purpose }) => purpose === 'update').map(({ status }) => status)).toEqual([
        200, 0,
      ]);
      // Told by the browser, it does not sit out its back-off.
      const looked = requests
        .filter(({ purpose }) => purpose === 'upload-offset')
        .map(({ at }) => at - toldAt);
      if (tells) expect(looked.some((afterMs) => afterMs >= -50 && afterMs < 1_000)).toBe(true);
    },
  );
});
