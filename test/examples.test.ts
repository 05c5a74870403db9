/** The examples run as their first lines say. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithData } from './helpers/optional.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** With its words, and the folder where data files lie. */
async function runExample(name: string, words: readonly string[] = [], data = ''): Promise<string> {
  const jiti = join(root, 'node_modules/jiti/lib/jiti-cli.mjs');
  const { stdout } = await run(process.execPath, [jiti, join(root, 'examples', name), ...words], {
    cwd: folder,
    env: { ...process.env, TESSERA_DATA: data },
  });
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

function expectTheSimulation(output: string): void {
  const [network, simulation] = ['network', 'simulation'].map((name) =>
    Number(new RegExp(`${name}: ([\\d.]+)%`).exec(output)?.[1]),
  );
  expect(network).toBeGreaterThan(0);
  expect(network).toBe(simulation);
  const difference = /largest difference of the final parameters: (\S+)$/m.exec(output)?.[1];
  expect(Number(difference)).toBeLessThanOrEqual(1e-6);
}

test('a server and clients, each a process, end with the parameters of a simulation', async () => {
  const settings = ['--clients', '3', '--rounds', '2', '--model', 'mlp', '--examples', '300'];
  expectTheSimulation(await runExample('network.ts', settings));
});

describeWithData('mnist', (mnist) => {
  test('a server and ten clients end with the 2nn of a simulation', async () => {
    const output = await runExample('network.ts', ['--rounds', '2'], dirname(mnist));
    expect(output).toContain('10 clients, mnist, 2nn');
    expectTheSimulation(output);
  });
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
