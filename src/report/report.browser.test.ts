import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeRun } from '../../test/helpers/run-events.js';
import { loadReportAssets, renderReport } from './report.js';

const BROWSER = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(existsSync);
const QUIET =
  '--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync';

describe.skipIf(!BROWSER)('the report in a real browser (skipped where no Chromium is installed)', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('draws every chart from a file, without a complaint of the browser', async () => {
    const events = fakeRun({ clients: 60, rounds: 12, baselines: true, failedRounds: [3] });
    const page = join(folder, 'report.html');
    await writeFile(page, renderReport({ config: {}, events }, await loadReportAssets()));
    const options = [`--user-data-dir=${join(folder, 'profile')}`, '--enable-logging=stderr', '--dump-dom'];
    const run = promisify(execFile);
    const { stdout, stderr } = await run(BROWSER ?? '', [...QUIET.split(' '), ...options, `file://${page}`], {
      maxBuffer: 1e8,
    });
    expect(stdout.match(/<canvas/g)).toHaveLength(6);
    expect(stdout).toMatch(/data-at="">Round 12</);
    expect(stderr).not.toMatch(/CONSOLE/);
  });
});
