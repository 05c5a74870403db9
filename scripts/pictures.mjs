/** Makes the pictures of the documentation: `npm run pictures`. Needs Chromium; what is shown is run here and now. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { simulate } from '../dist/simulation/simulate.js';
import { takeJoinPictures } from './join-pictures.mjs';

const ROUND = 12;
const PATIENCE_MS = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'tessera-pictures-'));
const picture = (name) => fileURLToPath(new URL(`../docs/${name}.png`, import.meta.url));
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const started = [];
let browser;

/** A command in a process of its own, in the folder; resolves with the first words that it says and that fit. */
function run(words, pattern) {
  const child = spawn(process.execPath, [program, ...words], { cwd: folder });
  started.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (part) => {
      said += part;
      const found = pattern.exec(said);
      if (found) resolve(found[1]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error(said)));
  });
}

async function take(name, url, { width, height, scheme = 'light', scale = 1 }, prepare = async () => {}) {
  const options = { viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: scale };
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  await prepare(page);
  await page.waitForFunction(() => document.querySelectorAll('.plot canvas').length > 1);
  await page.waitForTimeout(500);
  await page.screenshot({ path: picture(name) });
  await context.close();
}

try {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--hide-scrollbars'],
  });
  const out = join(folder, 'runs');
  const { report } = await simulate({ compare: ['central', 'isolated'], out, name: 'digits-2nn' });
  await take('report', `file://${report}`, { width: 1200, height: 1450 });
  await simulate({ out, name: 'digits-careful', learningRate: 0.02 });
  await simulate({ out, name: 'digits-iid', partition: 'iid' });

  const model = ['--name', 'handwriting', '--model', '2nn', '--data', 'digits', '--evaluation', 'clients'];
  const sizes = ['--rounds', '60', '--cohort', '12', '--over-selection', '1.25'];
  const url = await run(['serve', '--port', '0', ...model, ...sizes], /listens on (\S+)/);
  const token = readFileSync(join(out, 'operator-token'), 'utf8').trim();
  const invitation = await run(['clients', 'invite', '--uses', '16'], /(tsi_\S+)/);
  const data = ['--data', 'digits', '--examples', '16000', '--partition', 'dirichlet:0.5'];
  await run(
    ['client', '--server', url, '--virtual', '16', '--invitation', invitation, ...data],
    /(trained)/i,
  );

  const open = (path) => async (page) => {
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    await page.goto(`${url}/#/${path}`);
  };
  /** Some rounds are over, and in the open one several clients have reported. */
  const midRound = async (page) => {
    await open('runs/handwriting')(page);
    await page.waitForFunction(
      (least) =>
        Number(/^Round (\d+)/.exec(document.querySelector('.result')?.textContent ?? '')?.[1]) >= least,
      ROUND,
      { timeout: PATIENCE_MS },
    );
    await page.waitForFunction(() => {
      const [done] =
        /(\d+) done/.exec(document.querySelector('.lanes canvas')?.ariaLabel ?? '')?.slice(1) ?? [];
      return Number(done) >= 5 && Number(done) <= 9;
    });
  };
  const link = `${url}/#/sign-in?token=${token}`;
  await take('dashboard-light', link, { width: 1280, height: 1500 }, midRound);
  await take('dashboard-phone', link, { width: 390, height: 1500, scale: 2 }, midRound);
  await take('dashboard-dark', link, { width: 1280, height: 1080, scheme: 'dark' }, open('runs/digits-2nn'));
  const runs = 'digits-2nn,digits-careful,digits-iid';
  await take('dashboard-compare', link, { width: 1280, height: 1560 }, open(`compare?runs=${runs}`));
  await takeJoinPictures(folder, take);
} finally {
  for (const child of started) {
    child.removeAllListeners('exit');
    child.kill();
  }
  await browser?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
