/** The dashboard follows a long run: 1,000 rounds of 100 clients, under 100 ms for each update. */
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { describeInChromium } from '../helpers/browser.js';
import { serveLongRun } from '../helpers/long-run-server.js';
import { fakeRun } from '../helpers/run-events.js';

const ROUNDS = 1000;
const CLIENTS = 100;
/** So many are followed live, the others are there from the beginning. */
const LIVE = 100;
const UPDATE_MS = 100;

/** Resolves when the page shows that a round is over. */
function shown(page: Page, round: number): Promise<unknown> {
  return page.waitForFunction(
    (text) => document.querySelector('.result')?.textContent?.startsWith(text),
    `Round ${round} of `,
    { polling: 'raf' },
  );
}

describeInChromium('a long run', [], (open) => {
  it('is followed with less than 100 ms for each of its rounds', async () => {
    const events = fakeRun({
      rounds: ROUNDS,
      clients: CLIENTS,
      cohort: CLIENTS,
      baselines: true,
      unfinished: true,
    });
    const server = await serveLongRun(events, ROUNDS - LIVE, CLIENTS);
    onTestFinished(() => server.close());
    const page = await open(`${server.url}/#/sign-in?token=tso_any`);
    await page.goto(`${server.url}/#/runs/long`);
    await shown(page, ROUNDS - LIVE);
    const developer = await page.context().newCDPSession(page);
    await developer.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async () => {
      const { metrics } = await developer.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
    };
    const before = await busy();
    const delays: number[] = [];
    for (let round = ROUNDS - LIVE + 1; round <= ROUNDS; round++) {
      const since = performance.now();
      server.finishRound(round);
      await shown(page, round);
      delays.push(performance.now() - since);
    }
    const perUpdate = ((await busy()) - before) / LIVE;
    const median = delays.toSorted((one, other) => one - other)[LIVE >> 1] ?? Number.NaN;
    console.log(
      `${perUpdate.toFixed(1)} ms of the main thread for an update, shown after ${median.toFixed(1)} ms`,
    );
    expect(perUpdate).toBeLessThan(UPDATE_MS);
    expect(median).toBeLessThan(UPDATE_MS);
    const accuracy = await page.locator('.tile strong').first().textContent();
    expect(accuracy).toMatch(/^\d\d\.\d%$/);
    expect(
      await page.getByRole('img', { name: /^Round 1000, 100 clients: 99 done, 1 late\.$/ }).count(),
    ).toBe(1);
  });
});
