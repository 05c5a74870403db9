/** The pictures of the join page: a server, clients that train, and a hand that draws and types. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinOn } from '../dist/client/join.js';
import { createNodePlatform } from '../dist/client/node/join.js';
import { DIGIT_SKELETONS } from '../dist/data/digit-skeletons.js';
import { generateDigits } from '../dist/data/digits.js';
import { flattenStroke } from '../dist/data/stroke-path.js';
import { seededRandom } from '../dist/random.js';
import { createFederationServer, listen } from '../dist/server/server.js';

const PATIENCE_MS = 600_000;
/** What has been learned by then is good, and still becomes better. */
const ROUND = 9;
const LINES = [
  'how are you today',
  'thank you for the lovely evening',
  'see you tomorrow at the station',
  'i am on my way home now',
  'thank you for your help',
  'where are you now',
  'how are the children',
  'see you soon my friend',
];

/** Draws a digit on the pad, as a hand might. */
async function draw(page, digit, handwriting, seed) {
  const pad = page.getByRole('application', { name: 'Drawing area' });
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const random = seededRandom(seed, 'pictures', digit);
  const path = { xs: new Float64Array(128), ys: new Float64Array(128), count: 0 };
  for (const stroke of DIGIT_SKELETONS[digit][handwriting]) {
    flattenStroke(stroke, 0.012, random, path);
    for (let index = 0; index < path.count; index++) {
      await page.mouse.move(box.x + path.xs[index] * box.width, box.y + path.ys[index] * box.height);
      if (index === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

const choose = (page, digit) => page.locator('.label-buttons label').nth(digit).click();

async function keep(page, digit, handwriting, seed) {
  await draw(page, digit, handwriting, seed);
  await choose(page, digit);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.waitForFunction(() => document.querySelector('.pad-hint'));
}

const roundOf = (page, round) =>
  page.waitForFunction(
    (least) => Number(document.querySelector('.run-round strong')?.textContent) >= least,
    round,
    { timeout: PATIENCE_MS },
  );

/** @param take makes one picture: of a name, an address, a window, and after what */
export async function takeJoinPictures(folder, take) {
  const server = await createFederationServer({ folder: join(folder, 'join'), enrolment: 'open' });
  const { server: http, url } = await listen(server.handler, {});
  const clients = [];
  const joinAs = async (name, options) => {
    const platform = await createNodePlatform(url, { folder: join(folder, name), audit: false });
    clients.push(await joinOn(platform, { eligibility: { minIntervalMs: 2000 }, ...options }));
  };
  const shared = { overSelection: 1, selectionMs: 60_000, deadlineMs: 120_000 };
  try {
    await server.startRun({
      ...{ ...shared, name: 'handwriting', title: 'Handwritten digits', model: '2nn', data: 'digits' },
      ...{ examples: 1500, rounds: 40, cohort: 3, minimumClients: 3, learningRate: 0.02, localEpochs: 2 },
    });
    const digits = generateDigits({ trainCount: 200, testCount: 1, seed: 5 }).train;
    for (const part of [0, 1]) {
      const indices = Uint32Array.from({ length: 100 }, (_, index) => 100 * part + index);
      await joinAs(`hand ${part}`, {
        runIds: ['handwriting'],
        data: { train: { dataset: digits, indices } },
      });
    }
    const drawn = (kept) => async (page) => {
      for (const [digit, handwriting] of kept) await keep(page, digit, handwriting, digit + handwriting);
      await draw(page, 3, 0, 4);
      await choose(page, 3);
      await page.locator('.guess-say').getByText('sure').waitFor();
      await page.getByRole('switch').click();
      const [from = 0] = [await page.locator('.run-round strong').textContent()].map(Number);
      await roundOf(page, from + ROUND);
      await page.mouse.move(0, 0);
      await page.evaluate(() => scrollTo(0, 0));
    };
    const hands = [
      [0, 0],
      [1, 2],
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 0],
      [6, 0],
      [7, 0],
      [8, 0],
      [9, 0],
      [2, 1],
      [7, 1],
    ];
    await take('join-draw', `${url}/join`, { width: 1280, height: 1800 }, drawn(hands));
    await take('join-phone', `${url}/join`, { width: 390, height: 844, scale: 2 }, drawn(hands.slice(2, 6)));

    const file = join(folder, 'messages.tsv');
    const rows = Array.from(
      { length: 96 },
      (_, index) => `friend ${index % 6}\t${LINES[index % LINES.length]}`,
    );
    writeFileSync(file, `author\tbody\n${rows.join('\n')}\n`);
    await server.startRun({
      ...{ ...shared, name: 'messages', title: 'The next word', data: file, text: 'body', groupBy: 'author' },
      ...{
        tokens: 'words',
        rounds: 30,
        cohort: 1,
        minimumClients: 1,
        optimizer: 'adam',
        learningRate: 0.004,
        localEpochs: 4,
      },
    });
    await take('join-write', `${url}/join#write`, { width: 1280, height: 1700 }, async (page) => {
      const text = page.getByRole('textbox', { name: 'Write something' });
      for (const line of LINES.slice(0, 4)) {
        await text.fill(line);
        await page.getByRole('button', { name: 'Learn from this text' }).click();
        await page.waitForFunction(() => document.querySelector('textarea').value === '');
      }
      await text.fill('thank you for');
      await page.waitForFunction(() => document.querySelector('.track-rows li'), null, {
        timeout: PATIENCE_MS,
      });
      await page.getByRole('switch').click();
      await roundOf(page, 6);
      await page.waitForFunction(
        () =>
          document.querySelectorAll('.track-rows li').length >= 4 ||
          document.querySelector('.take-part.failed'),
        null,
        { timeout: PATIENCE_MS },
      );
    });
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
    await server.close();
    http.closeAllConnections();
    http.close();
  }
}
