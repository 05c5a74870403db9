/** `<tessera-participant>` on a page: by keyboard, in light and dark, over reloads, under a strict policy. */
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { generateDigits } from '../../src/data/digits.js';
import { seriousFaults } from '../helpers/axe.js';
import { describeInChromium } from '../helpers/browser.js';
import { type ParticipantWindow, violationsOf } from '../helpers/participant-page.js';
import { type Site, startSite } from '../helpers/participant-site.js';

const sites: Site[] = [];
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.close()));
});
const BODY = '<main><h1>A page</h1><tessera-participant name="a page"></tessera-participant></main>';
async function open(): Promise<Site> {
  const site = await startSite({ body: BODY });
  sites.push(site);
  return site;
}

const { train } = generateDigits({ trainCount: 60, testCount: 1, seed: 1 });
const training = {
  ...{ model: '2nn', task: 'classification', featureShape: [1, 28, 28], classNames: train.classNames },
  ...{ title: 'Reading digits', evaluation: 'none' },
  ...{ cohort: 1, minimumClients: 1, overSelection: 1, deadlineMs: 60_000, selectionMs: 60_000 },
} as const;

/** Hands the element a store with examples in it. */
function giveExamples(page: Page): Promise<void> {
  return page.evaluate(
    async ({ features, labels }) => {
      const { tessera } = globalThis as unknown as ParticipantWindow;
      const store = tessera.createExampleStore('drawn', {
        featureShape: [1, 28, 28],
        classNames: [...'0123456789'],
      });
      if ((await store.count()) === 0) {
        for (const [at, label] of labels.entries()) {
          await store.add(features.slice(784 * at, 784 * (at + 1)), label);
        }
      }
      const element = document.querySelector('tessera-participant');
      Object.assign(element ?? {}, { examples: store });
    },
    { features: [...train.features], labels: [...train.labels] },
  );
}
const text = (page: Page) => page.locator('tessera-participant section').textContent();

describeInChromium('the element in Chromium', [], (openPage) => {
  it('says what is learned, what leaves and how it is protected, before anything leaves', async () => {
    const site = await open();
    await site.server.startRun({ ...training, rounds: 1 });
    const page = await openPage(site.page);
    expect(await text(page)).toContain('There is nothing to learn from on this page yet.');
    expect(await page.getByRole('switch').isDisabled()).toBe(true);
    await giveExamples(page);
    await expect
      .poll(() => text(page))
      .toContain('"Reading digits": a model learns to tell 10 classes apart');
    const said = await text(page);
    expect(said).toContain('After each round 797 kB leave this device: its trained parameters');
    expect(said).toContain('What leaves is not encrypted, as it stays on this machine');
    expect(said).toContain('Does not take part.');
    expect(await page.getByRole('switch', { name: 'Take part in learning' }).isEnabled()).toBe(true);
    expect(site.server.federation.access.clients.list()).toEqual([]);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('takes part by keyboard, tells the page, goes on after a reload, and leaves when that is confirmed', async () => {
    const site = await open();
    const page = await openPage(site.page);
    await giveExamples(page);
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      const listen = (name: string, say: (detail: { status?: string; type?: string }) => string) =>
        addEventListener(name, (event) => heard.push(say((event as CustomEvent).detail)));
      listen('tessera-state', ({ status }) => `state ${status}`);
      listen('tessera-event', ({ type }) => `event ${type}`);
    });
    const run = await site.server.startRun({ ...training, rounds: 2 });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('true');
    await run.over;
    const summary = page.getByText('Given so far: 2 updates, 1.6 MB');
    await summary.waitFor();
    const heard = await page.evaluate<string[]>('heard');
    expect(heard).toEqual(expect.arrayContaining(['state working', 'event update-sent']));
    await summary.click();
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    const cells = await page.getByRole('row').nth(1).getByRole('cell').allTextContents();
    // The digits of the loss and the time are part of the file.
    expect(cells.slice(1)).toEqual(['update', '2', '48', expect.stringMatching(/^79[78] kB$/)]);
    expect(site.server.federation.access.clients.list()).toMatchObject([{ name: 'a page' }]);

    await page.reload();
    await giveExamples(page);
    await expect.poll(() => page.getByRole('switch').getAttribute('aria-checked')).toBe('true');
    await page.getByText('Given so far: 2 updates').waitFor();
    expect(site.server.federation.access.clients.list()).toHaveLength(1);

    await page.getByRole('button', { name: 'Leave and forget' }).click();
    await page.getByRole('button', { name: 'Stay' }).click();
    expect(site.server.federation.access.clients.list()).toHaveLength(1);
    await page.getByRole('button', { name: 'Leave and forget' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave and forget' }).click();
    await expect.poll(() => text(page)).toContain('Left: the server was told to forget this client');
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(site.server.federation.access.clients.list()).toEqual([]);
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('false');
    expect(await violationsOf(page)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has no serious fault in %s that axe finds', async (colorScheme) => {
    const site = await open();
    const page = await openPage(site.page, (fresh) => fresh.emulateMedia({ colorScheme }));
    await page.evaluate(() => {
      document.documentElement.style.colorScheme = 'light dark';
    });
    expect(await seriousFaults(page)).toEqual([]);
    await giveExamples(page);
    const run = await site.server.startRun({ ...training, rounds: 1 });
    await page.getByRole('switch').click();
    await run.over;
    await page.getByText('Given so far: 1 update').click();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Leave and forget' }).click();
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('says in its status what does not work', async () => {
    const site = await startSite({ body: BODY, enrolment: 'invitation' });
    sites.push(site);
    const page = await openPage(site.page);
    await giveExamples(page);
    await page.getByRole('switch').click();
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^The server refuses: /);
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('false');
  });
});
