/** What the command prints and leaves, for people and for programs. */
import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, linesOf, modelsOf, runCli } from '../helpers/cli.js';
import { describeWithData } from '../helpers/optional.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SMALL = ['simulate', '--examples', '100', '--model', 'logistic', '--clients', '4', '--threads', '1'];

const ESCAPE = String.fromCharCode(27);

/** A folder with two runs in it. */
let folder = '';
beforeAll(async () => {
  folder = await emptyFolder();
  const more = ['--rounds', '3', '--json', '--compare', 'central,isolated'];
  await runCli([...SMALL, ...more, '--name', 'one'], { cwd: folder });
  await runCli([...SMALL, '--rounds', '2', '--json', '--name', 'two', '--seed', '2'], { cwd: folder });
});

describe('simulate --json', () => {
  it('prints one event a line and nothing else, and ends in the result', async () => {
    const cwd = await emptyFolder();
    const { code, stdout, stderr } = await runCli([...SMALL, '--rounds', '2', '--json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = linesOf(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.every(({ type }) => typeof type === 'string')).toBe(true);
    expect(events[0]).toMatchObject({ type: 'run-started' });
    expect(events.at(-1)).toMatchObject({
      type: 'run-finished',
      reason: 'rounds',
      rounds: 2,
      metrics: { accuracy: expect.any(Number), loss: expect.any(Number) },
      wallMs: expect.any(Number),
    });
    const [run = ''] = await readdir(join(cwd, 'runs'));
    expect(await readFile(join(cwd, 'runs', run, 'events.jsonl'), 'utf8')).toBe(stdout);
  });

  it('stops at a target and says so', async () => {
    const cwd = await emptyFolder();
    const { stdout } = await runCli([...SMALL, '--target', 'accuracy=0.2', '--json'], { cwd });
    const last = JSON.parse(linesOf(stdout).at(-1) ?? '') as { reason: string; rounds: number };
    expect(last.reason).toBe('target');
    expect(last.rounds).toBeLessThan(20);
  });

  it('evaluates the initial model and ends where there are no rounds', async () => {
    const cwd = await emptyFolder();
    const { code, stdout } = await runCli([...SMALL, '--rounds', '0', '--json'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(linesOf(stdout).at(-1) ?? '')).toMatchObject({ reason: 'rounds', rounds: 0 });
  });

  it('starts from a model that an earlier run left', async () => {
    const init = join(folder, 'runs/one/models/3.safetensors');
    const cwd = await emptyFolder();
    const { stdout } = await runCli([...SMALL, '--init', init, '--rounds', '0', '--json'], { cwd });
    const log = linesOf(await readFile(join(folder, 'runs/one/events.jsonl'), 'utf8'));
    const finished = JSON.parse(log.at(-1) ?? '') as { metrics: object };
    expect(JSON.parse(linesOf(stdout).at(-1) ?? '')).toMatchObject({ metrics: finished.metrics });
  });
});

describe('simulate', () => {
  it('shows rounds, a summary and where the report is, without colours where there are none', async () => {
    const cwd = await emptyFolder();
    const { code, stdout, stderr } = await runCli([...SMALL, '--rounds', '2', '--name', 'run'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('runs/run/report.html');
    expect(stdout).not.toContain(ESCAPE);
    const coloured = { cwd: await emptyFolder(), env: { FORCE_COLOR: '1', NO_COLOR: '1' } };
    expect((await runCli([...SMALL, '--rounds', '1'], coloured)).stdout).not.toContain(ESCAPE);
  });

  it('leaves a report that loads nothing from elsewhere', async () => {
    const report = await readFile(join(folder, 'runs/one/report.html'), 'utf8');
    expect(report).toContain('</html>');
    expect(report).not.toMatch(/(src|href|action|data)\s*=\s*["']?\s*(https?:)?\/\//i);
    expect(report).not.toMatch(/@import|url\(\s*["']?\s*(https?:)?\/\//i);
    expect(report).not.toMatch(/\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b/);
  });

  it.each([
    ['ts', 'const rounds: number = 1;\nexport default { rounds, seed: 7, clients: 3 };'],
    ['js', 'export default { rounds: 1, seed: 7, clients: 3 };'],
    ['json', '{ "rounds": 1, "seed": 7, "clients": 3 }'],
  ])('takes settings from tessera.config.%s, and flags above them', async (extension, content) => {
    const cwd = await emptyFolder();
    await writeFile(join(cwd, `tessera.config.${extension}`), content);
    const args = ['simulate', '--config', `tessera.config.${extension}`, '--clients', '2', '--name', 'run'];
    await runCli([...args, '--examples', '100', '--model', 'logistic', '--json'], { cwd });
    const config = JSON.parse(await readFile(join(cwd, 'runs/run/config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ rounds: 1, seed: 7, clients: 2, examples: 100 });
  });

  it("resumes a run with a user's rule only where the rule is handed in again", async () => {
    const cwd = await emptyFolder();
    const stop = 'export default { stopWhen: (progress) => progress.round >= 3, rounds: 50 };';
    await writeFile(join(cwd, 'stop.config.js'), stop);
    const { stdout } = await runCli([...SMALL, '--config', 'stop.config.js', '--json', '--name', 'run'], {
      cwd,
    });
    expect(JSON.parse(linesOf(stdout).at(-1) ?? '')).toMatchObject({ reason: 'user', rounds: 3 });
    const log = join(cwd, 'runs/run/events.jsonl');
    const lines = linesOf(await readFile(log, 'utf8'));
    await writeFile(log, `${lines.slice(0, -1).join('\n')}\n`);
    const without = await runCli(['runs', 'resume', 'run', '--json'], { cwd });
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('stopWhen must be a function of the progress');
    const again = await runCli(['runs', 'resume', 'run', '--config', 'stop.config.js', '--json'], { cwd });
    expect(JSON.parse(linesOf(again.stdout).at(-1) ?? '')).toMatchObject({ reason: 'user', rounds: 3 });
  });
});

describe('runs', () => {
  it('are listed, as a table and as JSON', async () => {
    const { stdout } = await runCli(['runs', 'list'], { cwd: folder });
    expect(stdout).toMatch(/one .*rounds/);
    expect(stdout).toMatch(/two .*rounds/);
    const json = await runCli(['runs', 'list', '--json'], { cwd: folder });
    const runs = linesOf(json.stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(runs.map(({ runId, rounds }) => [runId, rounds])).toEqual([
      ['one', 3],
      ['two', 2],
    ]);
    expect((await runCli(['runs', 'list'], { cwd: await emptyFolder() })).stdout).toBe(
      'There are no runs in runs.\n',
    );
  });

  it('are shown by name and by path', async () => {
    const byName = await runCli(['runs', 'show', 'one'], { cwd: folder });
    expect(byName).toMatchObject({ code: 0, stderr: '' });
    expect(byName.stdout).toContain('logistic');
    expect((await runCli(['runs', 'show', 'runs/one'], { cwd: folder })).stdout).toBe(byName.stdout);
    const json = await runCli(['runs', 'show', 'one', '--json'], { cwd: folder });
    expect(JSON.parse(json.stdout)).toMatchObject({ runId: 'one', rounds: 3, config: { seed: 1 } });
  });

  it('are compared', async () => {
    const { code, stdout } = await runCli(['runs', 'compare', 'one', 'two'], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/seed +1 +2/);
  });

  it('are exported as CSV and as JSON', async () => {
    const csv = await runCli(['runs', 'export', 'one', '--format', 'csv'], { cwd: folder });
    expect(linesOf(csv.stdout).map((line) => line.split(',')[0])).toEqual(['round', '0', '1', '2', '3']);
    const json = await runCli(['runs', 'export', 'one', '--format', 'json'], { cwd: folder });
    const { events } = JSON.parse(json.stdout) as { events: { type: string }[] };
    expect(events.at(-1)?.type).toBe('run-finished');
  });

  it('keep the best and the last model', async () => {
    const log = linesOf(await readFile(join(folder, 'runs/one/events.jsonl'), 'utf8'));
    const { rounds, bestRound } = JSON.parse(log.at(-1) ?? '') as { rounds: number; bestRound: number };
    const expected = [...new Set([rounds, bestRound])].map((round) => `${round}.safetensors`).toSorted();
    expect(Object.keys(await modelsOf(join(folder, 'runs/one')))).toEqual(expected);
  });
});

describe('data show', () => {
  it('counts examples of each client and label', async () => {
    const args = ['data', 'show', '--examples', '100', '--clients', '3', '--partition', 'iid'];
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('100 training and 20 held-out examples');
    const json = await runCli([...args, '--json'], { cwd: folder });
    const clients = linesOf(json.stdout).map((line) => JSON.parse(line) as { trainCount: number });
    expect(clients.map(({ trainCount }) => trainCount)).toEqual([34, 33, 33]);
  });
});

describe('the command', () => {
  it.each([
    ['--help', 'simulate'],
    ['simulate --help', '--sampling-rate'],
    ['runs --help', 'resume'],
    ['--version', '.'],
  ])('answers %s', async (words, text) => {
    const { code, stdout, stderr } = await runCli(words.split(' '), { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(text);
  });

  it.skipIf(process.platform === 'win32')('ends in silence when its reader has seen enough', async () => {
    const cwd = await emptyFolder();
    const args = [...SMALL, '--rounds', '30', '--json'].join(' ');
    const command = `"${process.execPath}" "${MAIN}" ${args} | head -1; echo "code \${PIPESTATUS[0]}"`;
    const shell = spawn('bash', ['-c', command], { cwd });
    let [stdout, stderr] = ['', ''];
    shell.stdout.on('data', (text) => {
      stdout += text;
    });
    shell.stderr.on('data', (text) => {
      stderr += text;
    });
    await new Promise((resolve) => shell.on('close', resolve));
    expect(stderr).toBe('');
    expect(linesOf(stdout)).toHaveLength(2);
    expect(stdout).toMatch(/^\{"type":"run-started".*\ncode 0\n$/);
    const [run = ''] = await readdir(join(cwd, 'runs'));
    const log = linesOf(await readFile(join(cwd, 'runs', run, 'events.jsonl'), 'utf8'));
    expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({ type: 'run-finished', reason: 'interrupted' });
  });
});

describe("a table of one's own", () => {
  it('trains a regression and reports the mean absolute error', async () => {
    const cwd = await emptyFolder();
    const rows = Array.from(
      { length: 60 },
      (_, index) => `${index % 7},${index % 5},${2 * (index % 7) - (index % 5)}`,
    );
    await writeFile(join(cwd, 'made.csv'), `a,b,y\n${rows.join('\n')}\n`);
    const args = [
      'simulate',
      '--data',
      'made.csv',
      '--label',
      'y',
      '--task',
      'regression',
      '--model',
      'logistic',
    ];
    const more = [
      '--clients',
      '3',
      '--partition',
      'iid',
      '--rounds',
      '10',
      '--learning-rate',
      '0.05',
      '--json',
    ];
    const { code, stdout, stderr } = await runCli([...args, ...more], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rounds = linesOf(stdout)
      .map((line) => JSON.parse(line) as { type: string; metrics?: { meanAbsoluteError: number } })
      .filter(({ type }) => type === 'round-finished');
    expect(rounds[0]?.metrics?.meanAbsoluteError).toBeGreaterThan(2);
    expect(rounds.at(-1)?.metrics?.meanAbsoluteError).toBeLessThan(0.5);
    expect(rounds.at(-1)?.metrics).not.toHaveProperty('accuracy');
  });
});

describeWithData('heart-disease', (dataDir) => {
  it('trains a logistic regression across four hospitals', async () => {
    const cwd = await emptyFolder();
    const args = ['simulate', '--data', 'heart-disease', '--data-dir', dataDir, '--partition', 'natural'];
    const { code, stdout } = await runCli([...args, '--model', 'logistic', '--rounds', '10', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const events = linesOf(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    const names = (events[0]!.clients as { name: string }[]).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['cleveland', 'hungarian', 'switzerland', 'va']);
    expect((events.at(-1)!.metrics as { accuracy: number }).accuracy).toBeGreaterThan(0.7);
  });
});
