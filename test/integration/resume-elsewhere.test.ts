/** A run goes on from any folder: the files it was started with are remembered by their whole paths. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder, linesOf, runCli } from '../helpers/cli.js';

it('resumes a run on a CSV file from another folder', async () => {
  const [home, elsewhere] = [await emptyFolder(), await emptyFolder()];
  const rows = Array.from({ length: 40 }, (_, row) => `${row % 7},${row % 5},${row % 2 ? 'yes' : 'no'}`);
  await writeFile(join(home, 'table.csv'), ['a,b,answer', ...rows].join('\n'));
  const words = [
    'simulate',
    '--data',
    'table.csv',
    '--label',
    'answer',
    '--model',
    'logistic',
    '--clients',
    '2',
  ];
  const more = ['--partition', 'iid', '--rounds', '2', '--threads', '1', '--name', 'run', '--json'];
  expect((await runCli([...words, ...more], { cwd: home })).code).toBe(0);

  // As a kill after the last round leaves it.
  const log = join(home, 'runs/run/events.jsonl');
  const lines = linesOf(await readFile(log, 'utf8'));
  const kept = lines.filter((line) => !/"(clients-evaluated|run-finished)"/.test(line));
  await writeFile(log, `${kept.join('\n')}\n`);

  const resumed = await runCli(['runs', 'resume', join(home, 'runs/run'), '--json'], { cwd: elsewhere });
  expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
});
