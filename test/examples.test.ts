/** The examples run as their first lines say. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function runExample(name: string): Promise<string> {
  const jiti = join(root, 'node_modules/jiti/lib/jiti-cli.mjs');
  const { stdout } = await run(process.execPath, [jiti, join(root, 'examples', name)], { cwd: folder });
  return stdout;
}

/** The last percentage in a text. */
function lastPercent(text: string): number {
  return Number([...text.matchAll(/([\d.]+)%/g)].at(-1)?.[1]);
}

test('the quickstart learns and names its report', async () => {
  const output = await runExample('quickstart.ts');
  expect(lastPercent(output)).toBeGreaterThan(75);
  expect(output).toMatch(/look at runs\/digits-mlp-.*report\.html/);
});

test('three clients with missing digits learn all of them together and none of them alone', async () => {
  const output = await runExample('missing-digits.ts');
  const unseen = [...output.matchAll(/ \d: ([\d.]+)%/g)].map(([, share]) => Number(share));
  expect(unseen).toEqual(new Array(9).fill(0));
  expect(lastPercent(output)).toBeGreaterThan(95);
});

test('a trainer in plain TypeScript takes the place of a model', async () => {
  expect(lastPercent(await runExample('own-trainer.ts'))).toBeGreaterThan(60);
});

test('four phones learn the next word together, which none does alone', async () => {
  const output = await runExample('next-word.ts');
  const alone = Number(/each alone, on everybody's messages: ([\d.]+)%/.exec(output)?.[1]);
  expect(alone).toBeLessThan(45);
  expect(lastPercent(output)).toBeGreaterThan(50);
  expect(output).toMatch(/^see you at the st \.\.\. .*\bstation\b/m);
});

test('the configuration file is a setting of the command', async () => {
  const words = [
    'dist/cli/main.js',
    'simulate',
    '--config',
    'examples/tessera.config.ts',
    '--out',
    folder,
    '--json',
  ];
  const { stdout } = await run(process.execPath, words, { cwd: root });
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { reason: string };
  expect(['plateau', 'user', 'rounds']).toContain(last.reason);
});
