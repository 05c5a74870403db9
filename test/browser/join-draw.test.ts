/** The drawing tab in a real browser, on a real server: people draw, take part, and see the guess improve. */
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { describeInChromium } from '../helpers/browser.js';
import { builtPages } from '../helpers/dashboard.js';
import { digitsOf, startFederation, type TestFederation } from '../helpers/federation.js';
import { longestTaskMs } from '../helpers/longest-task.js';
import { overhang, seriousProblems } from './dashboard-page.js';
import {
  chooseLabel,
  drawDigit,
  eventually,
  keepDigit,
  keptCount,
  keyOf,
  statusOf,
  theSwitch,
  watchJoin,
} from './join-page.js';

const federations: TestFederation[] = [];
const watched: string[][] = [];
afterEach(async () => {
  // Before the server goes: pages then miss it.
  const complaints = watched.splice(0).flat();
  await Promise.all(federations.splice(0).map((federation) => federation.close()));
  expect(complaints).toEqual([]);
});

const watch = async (page: Page) => {
  watched.push(await watchJoin(page));
};
async function federation(): Promise<TestFederation> {
  const started = await startFederation({ pages: builtPages });
  federations.push(started);
  return started;
}
const training = {
  ...{ model: 'mlp', data: 'digits', examples: 300, title: 'Drawn digits', rounds: 8 },
  ...{ localEpochs: 3, learningRate: 0.05, overSelection: 1, selectionMs: 60_000, deadlineMs: 120_000 },
} as const;
/** The digits of a client in Node. */
const [nodeDigits] = await digitsOf(1, 200, 5);

describeInChromium('the tab to draw in', [], (open) => {
  it('learns from what two people draw and a client in Node has, and shows how the guess improves', async () => {
    const { url, server, join, events, failures } = await federation();
    const run = await server.startRun({ ...training, cohort: 3, minimumClients: 3 });
    const pages = [await open(`${url}/join`, watch), await open(`${url}/join`, watch)] as const;
    for (const [index, page] of pages.entries()) {
      for (const digit of [5 * index + 1, 5 * index + 3]) await keepDigit(page, digit);
      await page.getByText(/The newest model reads \d of 2/).waitFor();
      await theSwitch(page).click();
    }
    const [page] = pages;
    await drawDigit(page, 3, 1);
    await chooseLabel(page, 3);
    await page
      .locator('.guess-say')
      .getByText(/sure, before anybody has trained it/)
      .waitFor();
    const before = await sureness(page, 3);
    if (nodeDigits) await join(0, { data: nodeDigits });
    await run.over;

    expect(failures).toEqual([]);
    const rounds = events.filter((event) => event.type === 'round-finished');
    expect(rounds.at(-1)).toMatchObject({ round: training.rounds, trainedCount: 3 });
    const accuracies = rounds.map(({ metrics }) => metrics?.accuracy ?? 0);
    expect(accuracies.at(-1)).toBeGreaterThan((accuracies[0] ?? 1) + 0.2);
    await eventually(() => statusOf(page)).toContain('This run has ended');
    await eventually(() => sureness(page, 3)).toBeGreaterThan(before + 0.2);
    expect(await page.locator('.columns li').count()).toBeGreaterThan(1);
    expect(await page.locator('.columns li').last().textContent()).toContain('reads 3');

    // The proof: eight updates and nothing that is longer than a check-in beside them.
    const sent = await page.locator('.requests tr.has-body .request').allTextContents();
    expect(sent.filter((text) => /PUT .*\/updates\//.test(text))).toHaveLength(training.rounds);
    await page.getByText(`What you have given (${training.rounds})`).click();
    expect(await page.locator('.contributions tbody tr').count()).toBe(training.rounds);
    // The run is over and its last model gone: a guess is made all the same.
    await page.getByRole('button', { name: 'Clear' }).click();
    await drawDigit(page, 1);
    await eventually(() => page.locator('.guess-best').textContent()).not.toBe('?');
    expect(await page.locator('.guess-say .problem').count()).toBe(0);
  });

  it('keeps drawings and identity over a reload, goes on by itself, and leaves nothing when told to', async () => {
    const { url, server } = await federation();
    await server.startRun({ ...training, cohort: 2, minimumClients: 2 });
    const page = await open(`${url}/join`, watch);
    await keepDigit(page, 3);
    await keepDigit(page, 7);
    await page.getByRole('button', { name: 'Remove this 3' }).click();
    await eventually(() => keptCount(page)).toBe(1);
    await theSwitch(page).click();
    await eventually(() => statusOf(page)).toContain('waiting for the next round');
    await eventually(() => keyOf(page)).not.toBe('');
    const key = await keyOf(page);

    await page.reload();
    await eventually(() => keptCount(page)).toBe(1);
    await eventually(() => statusOf(page)).toContain('waiting for the next round');
    expect(await theSwitch(page).getAttribute('aria-checked')).toBe('true');
    await eventually(() => keyOf(page)).toBe(key);
    expect(server.federation.access.clients.counts()).toMatchObject({ approved: 1 });

    await page.getByRole('button', { name: 'Leave and forget' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave and forget?' });
    await dialog.getByText('1 drawing', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Leave and forget' }).click();
    await page.getByText('Left. Nothing of it is kept here any more.').waitFor();
    await eventually(() => keptCount(page)).toBe(0);
    expect(server.federation.access.clients.counts()).toMatchObject({ approved: 0 });
    const left = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    expect(left.filter((name) => !name?.endsWith(' examples'))).toEqual([]);
    await page.reload();
    await page.getByText('None yet. Draw one').waitFor();
    expect(await theSwitch(page).getAttribute('aria-checked')).toBe('false');
  });

  it('ends the round where a tab is closed in the middle of it', async () => {
    const { url, server, join, heard, events } = await federation();
    const slow = { localEpochs: 4000, rounds: 1 };
    const run = await server.startRun({ ...training, ...slow, cohort: 2, minimumClients: 1 });
    const page = await open(`${url}/join`, watch);
    await keepDigit(page, 2);
    await theSwitch(page).click();
    if (nodeDigits) await join(0, { data: { train: firstOf(nodeDigits.train, 1) } });
    await heard(0, 'task-received');
    await eventually(() => statusOf(page)).toContain('training on');
    await page.close();
    await run.over;
    expect(events.findLast((event) => event.type === 'round-finished')).toMatchObject({
      ...{ round: 1, outcome: 'aggregated', trainedCount: 1 },
    });
  });

  it('never holds up the page while it trains: no task over 50 ms', { retry: 2 }, async () => {
    const { url, server } = await federation();
    await server.startRun({
      ...{ ...training, localEpochs: 200, rounds: 1000, cohort: 1, minimumClients: 1, evaluateEvery: 1000 },
    });
    const page = await open(`${url}/join`, watch);
    await keepDigit(page, 4);
    await theSwitch(page).click();
    await eventually(() => statusOf(page)).toMatch(/Round \d+:/);
    const longest = await longestTaskMs(page, async () => {
      await drawDigit(page, 8);
      await page.waitForTimeout(2000);
    });
    expect(longest).toBeLessThan(50);
  });

  it('fits a phone, can be used by keyboard alone, and has no serious problem of accessibility', async () => {
    const { url, server } = await federation();
    await server.startRun({ ...training, cohort: 2, minimumClients: 2 });
    const page = await open(`${url}/join`, async (fresh) => {
      await watch(fresh);
      await fresh.setViewportSize({ width: 390, height: 844 });
    });
    const pad = page.getByRole('application', { name: 'Drawing area' });
    await pad.focus();
    // A seven: right, and down.
    for (const key of [
      ' ',
      ...Array<string>(6).fill('ArrowRight'),
      ...Array<string>(9).fill('ArrowDown'),
      ' ',
    ])
      await page.keyboard.press(key);
    await page.keyboard.press('7');
    await page.locator('.guess-say').getByText('sure').waitFor();
    await page.keyboard.press('Enter');
    await eventually(() => keptCount(page)).toBe(1);
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    const box = await pad.boundingBox();
    expect(box?.width).toBeGreaterThan(280);
    const bar = await theSwitch(page).boundingBox();
    expect((bar?.y ?? 0) + (bar?.height ?? 0)).toBeLessThanOrEqual(844);
    expect(await seriousProblems(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Leave and forget' }).click();
    expect(await seriousProblems(page)).toEqual([]);
  });
});

/** How likely the newest model thinks a class is, 0 to 1. */
async function sureness(page: Page, label: number): Promise<number> {
  const share = await page.locator('.bars-by-class li').nth(label).locator('.bar-share').textContent();
  return Number.parseFloat(share ?? '') / 100;
}

function firstOf<T extends { readonly indices: Uint32Array }>(examples: T, count: number): T {
  return { ...examples, indices: examples.indices.slice(0, count) };
}
