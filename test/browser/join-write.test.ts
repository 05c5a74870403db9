/** The writing tab, and the ways in, in a real browser on a real server. */
import { writeFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import type { ServerOptions } from '../../src/server/server.js';
import { describeInChromium } from '../helpers/browser.js';
import { emptyFolder } from '../helpers/cli.js';
import { builtPages } from '../helpers/dashboard.js';
import { startFederation, type TestFederation } from '../helpers/federation.js';
import { overhang, seriousProblems } from './dashboard-page.js';
import { eventually, keepDigit, statusOf, theSwitch, watchJoin } from './join-page.js';

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
async function federation(options: Partial<ServerOptions> = {}): Promise<TestFederation> {
  const started = await startFederation({ pages: builtPages, ...options });
  federations.push(started);
  return started;
}
/** A run of text whose vocabulary everybody has. */
async function textRun(tokens: 'chars' | 'words', more: object = {}) {
  const file = pathOf(await emptyFolder(), 'messages.tsv');
  const lines = ['how are you today', 'see you tomorrow', 'thank you my friend'];
  const rows = Array.from({ length: 12 }, (_, index) => `friend ${index % 2}\t${lines[index % 3]}`);
  await writeFile(file, `author\tbody\n${rows.join('\n')}\n`);
  return {
    ...{
      data: file,
      text: 'body',
      groupBy: 'author',
      tokens,
      title: 'Messages',
      cohort: 1,
      minimumClients: 1,
    },
    ...{ overSelection: 1, selectionMs: 60_000, deadlineMs: 120_000, ...more },
  };
}
const digits = {
  ...{ model: 'logistic', data: 'digits', examples: 100, rounds: 2, cohort: 1, minimumClients: 1 },
  ...{ overSelection: 1, selectionMs: 60_000, deadlineMs: 120_000 },
} as const;
const suggested = (page: Page) => page.locator('.suggestion-word').allTextContents();

describeInChromium('the tab to write in', [], (open) => {
  it('suggests words, takes them by tap and by key, learns from a text, and suggests better', async () => {
    const { url, server } = await federation();
    // Until the page has it right: how many models it sees of a run that ends is up to the machine.
    const settings = { rounds: 500, optimizer: 'adam', learningRate: 0.02, localEpochs: 20 };
    const run = await server.startRun(await textRun('words', settings));
    const page = await open(`${url}/join`, watch);
    const text = page.getByRole('textbox', { name: 'Write something' });
    await text.fill('how are');
    await eventually(async () => (await suggested(page))[2]).toMatch(/^[\p{L}']+$/u);
    const [first, second] = await suggested(page);
    await text.press('2');
    expect(await text.inputValue()).toBe(`how are ${second} `);
    await text.fill('how are');
    await eventually(async () => (await suggested(page))[0]).toBe(first);
    await page
      .getByRole('button', { name: first ?? '' })
      .first()
      .click();
    expect(await text.inputValue()).toBe(`how are ${first} `);
    // Put away, keys are letters again.
    await text.press('Escape');
    await text.press('1');
    expect(await text.inputValue()).toBe(`how are ${first} 1`);

    for (const typed of ['how are you today', 'how are you my friend']) {
      await text.fill(typed);
      await page.getByRole('button', { name: 'Learn from this text' }).click();
      await page.getByRole('button', { name: `Remove the text that begins ${typed.slice(0, 20)}` }).waitFor();
    }
    await text.fill('how are');
    await theSwitch(page).click();
    await eventually(async () => (await suggested(page))[0]).toBe('you');
    await run.stop();
    expect(await page.locator('.track-rows li').count()).toBeGreaterThan(1);
    expect(await page.getByText('Every request of this page').count()).toBe(1);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    expect(await seriousProblems(page)).toEqual([]);
  });

  it('spells words from characters, and fetches no list of words for it', async () => {
    const { url, server } = await federation();
    await server.startRun(await textRun('chars', { rounds: 1 }));
    const asked: string[] = [];
    const page = await open(`${url}/join`, async (fresh) => {
      await watch(fresh);
      fresh.on('request', (request) => asked.push(request.url()));
    });
    await page.getByRole('textbox', { name: 'Write something' }).fill('you');
    await eventually(async () => (await suggested(page)).every((each) => each !== '…')).toBe(true);
    expect(asked.some((each) => each.includes('/ort/'))).toBe(true);
    expect(asked.filter((each) => each.includes('english-words'))).toEqual([]);
    expect(await page.getByRole('tab').allTextContents()).toEqual(['Write']);
  });
});

describeInChromium('the join page', [], (open) => {
  it('says what an operator does where there is nothing to join, and shows a run when there is one', async () => {
    const { url, server } = await federation();
    const page = await open(`${url}/join`, watch);
    await page.getByRole('heading', { name: 'Nothing to join yet' }).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await server.startRun({ ...digits, name: 'one', title: 'First' });
    await server.startRun({ ...digits, name: 'two', title: 'Second' });
    await page.getByRole('heading', { name: 'First' }).waitFor();
    await page.getByLabel('Run', { exact: true }).selectOption('two');
    await page.getByRole('heading', { name: 'Second' }).waitFor();
    await keepDigit(page, 1);
    await theSwitch(page).click();
    await page.getByText('"runIds":["two"]').first().waitFor();
  });

  it('goes in with an invitation from a link, of which the address keeps nothing', async () => {
    const { url, server } = await federation({ enrolment: 'invitation' });
    await server.startRun(digits);
    const { token } = await server.federation.access.invitations.invite({ population: 'default' }, 'server');
    const wrong = await open(`${url}/join`, watch);
    await wrong.getByLabel('Invitation').fill('tsi_wrong');
    await wrong.getByRole('button', { name: 'Go in' }).click();
    await eventually(() => statusOf(wrong)).toContain('only who has a valid invitation');
    expect(await seriousProblems(wrong)).toEqual([]);

    const page = await open(`${url}/join#invitation=${token}`, watch);
    expect(page.url()).toBe(`${url}/join`);
    expect(await page.getByLabel('Invitation').inputValue()).toBe(token);
    await page.getByRole('button', { name: 'Go in' }).click();
    await page.getByRole('heading', { name: 'What leaves this device' }).waitFor();
    await eventually(() => page.getByLabel('Invitation').count()).toBe(0);
    // Who is in is told what there is.
    await page.locator('.run-card').waitFor();
    expect(await page.content()).not.toContain(token);
  });

  it('waits for an operator where one has to approve, and goes on by itself', async () => {
    const { url, server } = await federation({ enrolment: 'approval', graceMs: 500 });
    await server.startRun(digits);
    const page = await open(`${url}/join`, watch);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Ask to be let in' }).click();
    await eventually(() => statusOf(page)).toContain('An operator has to approve this device');
    const { clients } = server.federation.access;
    const [client] = clients.list({ status: 'pending' });
    expect(client?.name).toBe('Ada');
    await clients.approve(client?.keyId ?? '', 'server');
    await eventually(() => statusOf(page)).toContain('as soon as there is a drawing');
    await page.locator('.run-card').waitFor();
  });
});
