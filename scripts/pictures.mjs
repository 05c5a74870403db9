/** Makes the pictures of the documentation: `npm run pictures`. Needs Chromium on the path. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulate } from '../dist/simulation/simulate.js';

const folder = mkdtempSync(join(tmpdir(), 'tessera-pictures-'));
const picture = fileURLToPath(new URL('../docs/report.png', import.meta.url));
try {
  const { report } = await simulate({ compare: ['central', 'isolated'], out: folder, name: 'digits-2nn' });
  const quiet = [
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  execFileSync('chromium', [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', ...quiet],
    `--user-data-dir=${join(folder, 'profile')}`,
    ...['--window-size=1200,1450', `--screenshot=${picture}`, `file://${report}`],
  ]);
} finally {
  rmSync(folder, { recursive: true });
}
