/** The dashboard in a real browser, on a real server: what people do with it. */
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { describeInChromium } from '../helpers/browser.js';
import { joinDigits, quickRun, startDashboard } from '../helpers/dashboard.js';
import { digitsOf, type TestFederation } from '../helpers/federation.js';
import { overhang, seriousProblems, watchPage } from './dashboard-page.js';

const federations: TestFederation[] = [];
const watched: string[][] = [];
afterEach(async () => {
  await Promise.all(federations.splice(0).map((federation) => federation.close()));
  expect(watched.splice(0).flat()).toEqual([]);
});

async function dashboard(...options: Parameters<typeof startDashboard>): Promise<TestFederation> {
  const federation = await startDashboard(...options);
  federations.push(federation);
  return federation;
}

const tokenOf = ({ server }: TestFederation) => server.firstToken ?? '';
const signInLink = (federation: TestFederation, token = tokenOf(federation)) =>
  `${federation.url}/#/sign-in?token=${token}`;
const watch = async (page: Page) => {
  watched.push(await watchPage(page));
};
const roundOf = async (page: Page) => {
  const text = await page.locator('.result').textContent();
  return Number(/\d+/.exec(text ?? '')?.[0]);
};

describeInChromium('the dashboard', [], (open) => {
  it('signs in by a link, which leaves no token in the address', async () => {
    const federation = await dashboard();
    const page = await open(signInLink(federation), watch);
    await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
    expect(page.url()).toBe(`${federation.url}/#/runs`);
    expect(await page.evaluate(() => JSON.stringify(history.state) + location.href)).not.toContain('tso_');
    await page.reload();
    await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('asks for a token, says that one is wrong, and goes where the link led', async () => {
    const federation = await dashboard();
    const run = await federation.server.startRun({ ...quickRun, name: 'spring' });
    const page = await open(`${federation.url}/#/runs/spring/settings`, watch);
    await page.getByLabel('Token').fill('tso_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('does not take this token').waitFor();
    await page.getByLabel('Token').fill(tokenOf(federation));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Configuration' }).waitFor();
    expect(page.url()).toBe(`${federation.url}/#/runs/spring/settings`);
    await run.stop();
  });

  it('starts a run from the form, with the sentence of the server where it refuses', async () => {
    const federation = await dashboard();
    const page = await open(signInLink(federation), watch);
    await page.getByRole('link', { name: 'Start the first run' }).click();
    await page.getByLabel('Name').fill('from-the-page');
    await page.getByLabel('Model').fill('logistic');
    await page.getByLabel('Learning rate').fill('-1');
    await page.getByLabel('Rounds').fill('200');
    await page.getByLabel('Cohort').fill('3');
    await page.getByLabel('More settings, as JSON').fill('{"examples": 400, "selectionMs": 1000}');
    await page.getByRole('button', { name: 'Start the run' }).click();
    const rate = page.getByLabel('Learning rate');
    await expect.poll(() => rate.getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('alert').textContent()).toMatch(/^learningRate must be .*got -1\.$/);
    expect(await rate.evaluate((field) => field === document.activeElement)).toBe(true);
    await rate.fill('0.1');
    await page.getByLabel('More settings, as JSON').fill('{"examples": 400, "selectionMs": 1000,}');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByText(/^rest must be JSON/).waitFor();
    await page.getByLabel('More settings, as JSON').fill('{"examples": 400, "selectionMs": 1000}');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('heading', { name: /from-the-page/ }).waitFor();
    expect(federation.server.federation.runs.get('from-the-page')?.options).toMatchObject({
      ...{ model: 'logistic', rounds: 200, cohort: 3, learningRate: 0.1, examples: 400 },
    });
  });

  it('follows a run, pauses it, goes on with it and stops it, after asking', async () => {
    const federation = await dashboard();
    const run = await federation.server.startRun({ ...quickRun, name: 'spring', rounds: 5000 });
    await joinDigits(federation, 4);
    const page = await open(signInLink(federation), watch);
    await page.getByRole('link', { name: 'spring' }).click();
    await expect.poll(() => roundOf(page), { timeout: 30_000 }).toBeGreaterThan(3);
    expect(await page.locator('.plot canvas').count()).toBeGreaterThanOrEqual(4);
    await page.getByRole('img', { name: /^Round \d+, 3 clients: / }).waitFor();
    await expect
      .poll(() => page.locator('.tile', { hasText: 'Clients' }).locator('strong').textContent())
      .toBe('4');

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(run.status()).toBe('running');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => run.status()).toBe('running');

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.locator('.result', { hasText: /^Ended at / }).waitFor();
    expect(run.status()).toBe('stopped');
    await expect.poll(() => page.getByRole('button', { name: 'Stop' }).count()).toBe(0);

    await page.getByText('Download', { exact: true }).click();
    const [report] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Report (HTML)' }).click(),
    ]);
    expect(report.suggestedFilename()).toBe('spring-report.html');
    const [model] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Model (safetensors)' }).click(),
    ]);
    expect(model.suggestedFilename()).toBe('spring-latest.safetensors');
  });

  it('shows viewers everything and lets them change nothing', async () => {
    const federation = await dashboard({ enrolment: 'approval' });
    await federation.server.startRun({ ...quickRun, name: 'spring' });
    const viewer = await federation.server.federation.access.operators.add(
      { name: 'grace', role: 'viewer' },
      'server',
    );
    const page = await open(signInLink(federation, viewer.token), watch);
    await page.getByRole('link', { name: 'spring' }).waitFor();
    expect(await page.getByRole('link', { name: 'New run' }).count()).toBe(0);
    await page.goto(`${federation.url}/#/new`);
    await page.getByRole('heading', { name: 'Viewers cannot start runs' }).waitFor();
    await page.goto(`${federation.url}/#/runs/spring`);
    await page.getByRole('heading', { name: /spring/ }).waitFor();
    expect(await page.getByRole('button', { name: /Pause|Stop|Resume/ }).count()).toBe(0);
    await page.goto(`${federation.url}/#/clients`);
    await page.getByRole('heading', { name: 'Invitations' }).waitFor();
    expect(await page.getByRole('button', { name: /Invite|Approve|Revoke|Withdraw/ }).count()).toBe(0);
  });

  it('approves and revokes clients, and makes invitations', async () => {
    const federation = await dashboard({ enrolment: 'approval' });
    const [data] = await digitsOf(1, 40, 3);
    await federation.join(0, { data: data!, name: 'ward 7' });
    const page = await open(signInLink(federation), watch);
    await page.getByRole('link', { name: /Clients/ }).click();
    await page.getByRole('button', { name: 'Approve ward 7' }).click();
    const row = page.getByRole('row', { name: /ward 7/ });
    await row.getByText('approved').waitFor();
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('revoked').waitFor();
    await page.getByLabel('Clients', { exact: true }).fill('0');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByText(/^uses must be /).waitFor();
    await page.getByLabel('Clients', { exact: true }).fill('5');
    await page.getByRole('button', { name: 'Invite' }).click();
    expect(await page.locator('.token').textContent()).toMatch(/^tsi_/);
    await page.getByRole('cell', { name: '0 of 5' }).waitFor();
    await page.getByRole('button', { name: /Withdraw/ }).click();
    await page.getByText('No invitation is open.').waitFor();
  });

  it('compares runs that were ticked in the list', async () => {
    const federation = await dashboard();
    await joinDigits(federation, 3);
    for (const [name, learningRate] of [
      ['slow', 0.01],
      ['fast', 0.2],
    ] as const) {
      const run = await federation.server.startRun({ ...quickRun, name, learningRate, rounds: 3 });
      await run.over;
    }
    const page = await open(signInLink(federation), watch);
    await page.getByLabel('Compare slow').check();
    await page.getByLabel('Compare fast').check();
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    await page.getByRole('heading', { name: 'Settings that differ' }).waitFor();
    expect(page.url()).toBe(`${federation.url}/#/compare?runs=slow,fast`);
    const differing = page.locator('section', { has: page.locator('#settings-that-differ') }).first();
    expect(await differing.getByRole('row').allTextContents()).toEqual([
      'Whatslowfast',
      'learningRate0.010.2',
    ]);
    expect(await page.locator('.plot canvas').count()).toBe(2);
  });

  it('says when the server is away, and goes on by itself when it is back', async () => {
    const federation = await dashboard();
    await federation.server.startRun({ ...quickRun, name: 'spring', rounds: 5000 });
    await joinDigits(federation, 3);
    const page = await open(signInLink(federation), watch);
    await page.getByRole('link', { name: 'spring' }).click();
    await expect.poll(() => roundOf(page), { timeout: 30_000 }).toBeGreaterThan(1);
    await federation.stopServer();
    await page.getByText('The server does not answer.').waitFor();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText(/Trying again in \d+ s/).waitFor();
    const before = await roundOf(page);
    const again = await dashboard({ folder: federation.folder }, Number(new URL(federation.url).port));
    await again.server.resumeRuns();
    await expect.poll(() => roundOf(page), { timeout: 60_000 }).toBeGreaterThan(before);
    await expect.poll(() => page.getByText('The server does not answer.').count()).toBe(0);
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)(
    'has no serious problem for axe and no sideways scrolling, in any view, at %i px, %s',
    async (width, colorScheme) => {
      const federation = await dashboard({ enrolment: 'open' });
      await joinDigits(federation, 3);
      for (const name of ['one', 'two']) {
        await (await federation.server.startRun({ ...quickRun, name, rounds: 4 })).over;
      }
      await federation.server.startRun({ ...quickRun, name: 'open', rounds: 5000 });
      const views = [
        ['#/runs', 'Runs'],
        ['#/runs/open', 'Curves'],
        ['#/runs/one/clients', '3 clients'],
        ['#/runs/one/classes', 'Confusion matrix'],
        ['#/runs/one/events', 'Event log'],
        ['#/runs/one/settings', 'Configuration'],
        ['#/compare?runs=one,two', 'Results'],
        ['#/new', 'New run'],
        ['#/clients', 'Invitations'],
        ['#/nowhere', 'There is no such page'],
      ] as const;
      const page = await open(`${federation.url}/`, async (fresh) => {
        await watch(fresh);
        await fresh.setViewportSize({ width, height: 844 });
        await fresh.emulateMedia({ colorScheme });
      });
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      const problems: string[] = (await seriousProblems(page)).map((problem) => `sign-in: ${problem}`);
      await page.goto(signInLink(federation));
      for (const [hash, heading] of views) {
        await page.goto(`${federation.url}/${hash}`);
        await page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
        problems.push(...(await seriousProblems(page)).map((problem) => `${hash}: ${problem}`));
        if ((await overhang(page)) > 0)
          problems.push(`${hash}: scrolls sideways by ${await overhang(page)} px`);
      }
      expect(problems).toEqual([]);
    },
  );

  it('is light or dark as the device has it, or as the reader says', async () => {
    const federation = await dashboard();
    const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const page = await open(federation.url, async (fresh) => {
      await watch(fresh);
      await fresh.emulateMedia({ colorScheme: 'light' });
    });
    const light = await background(page);
    await page.getByLabel('Colours').selectOption('Dark');
    const dark = await background(page);
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await background(page)).toBe(dark);
    await page.getByLabel('Colours').selectOption('Auto');
    expect(await background(page)).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background(page)).toBe(dark);
  });

  it('is used by keyboard alone', async () => {
    const federation = await dashboard();
    await federation.server.startRun({ ...quickRun, name: 'spring' });
    const page = await open(signInLink(federation), watch);
    await page.getByRole('link', { name: 'spring' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.getByRole('link', { name: 'spring' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    // The view that was opened is where the keyboard is.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.getByRole('button', { name: 'Stop' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stop');
  });
});
