/** Runs that are not there, damaged, in use or at their end: one sentence, and they stay as they are. */
import { appendFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, eventsOf, expectRefusal, linesOf, runCli, startCli } from '../helpers/cli.js';

const SMALL = ['--examples', '100', '--model', 'logistic', '--clients', '4', '--threads', '1'];

describe('runs refuses', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await emptyFolder();
    await runCli(['simulate', ...SMALL, '--rounds', '2', '--name', 'done', '--json'], { cwd: folder });
  });

  /** A copy of the finished run, without its last event, changed. */
  async function damaged(change: (run: string) => Promise<void>): Promise<string> {
    const cwd = await emptyFolder();
    await cp(folder, cwd, { recursive: true });
    const run = join(cwd, 'runs/done');
    const lines = linesOf(await readFile(join(run, 'events.jsonl'), 'utf8'));
    await writeFile(join(run, 'events.jsonl'), `${lines.slice(0, -1).join('\n')}\n`);
    await change(run);
    return cwd;
  }

  it.each(['show', 'compare', 'export', 'resume'])('to %s a run that is not there', async (command) => {
    const cwd = await emptyFolder();
    expectRefusal(
      await runCli(['runs', command, 'nobody'], { cwd }),
      1,
      'run must be a run in runs or the path of one, got "nobody"',
    );
    expect(await readdir(cwd)).toEqual([]);
  });

  it('to go on with a run that has ended', async () => {
    expectRefusal(
      await runCli(['runs', 'resume', 'done'], { cwd: folder }),
      1,
      'runs/done must hold an unfinished run, but it has ended',
    );
  });

  it.each<[string, (run: string) => Promise<void>, RegExp]>([
    [
      'is not JSON',
      (run) => writeFile(join(run, 'config.json'), '{'),
      /config\.json is damaged: it must be JSON/,
    ],
    [
      'holds no settings',
      (run) => writeFile(join(run, 'config.json'), 'null'),
      /config\.json must hold settings/,
    ],
  ])('to go on with a run whose configuration %s', async (_, change, sentence) => {
    const cwd = await damaged(change);
    expectRefusal(await runCli(['runs', 'resume', 'done'], { cwd }), 1, sentence);
  });

  it('to go on with a run whose log has a broken line in the middle, and leaves it as it is', async () => {
    const cwd = await damaged(async (run) => {
      const lines = linesOf(await readFile(join(run, 'events.jsonl'), 'utf8'));
      await writeFile(join(run, 'events.jsonl'), `${lines.toSpliced(3, 0, '{"type":').join('\n')}\n`);
    });
    const log = await readFile(join(cwd, 'runs/done/events.jsonl'), 'utf8');
    expectRefusal(await runCli(['runs', 'resume', 'done'], { cwd }), 1, /line 4 must be an event/);
    expect(await readFile(join(cwd, 'runs/done/events.jsonl'), 'utf8')).toBe(log);
  });

  it('no run for half a line at the end of its log', async () => {
    const cwd = await damaged((run) => appendFile(join(run, 'events.jsonl'), '{"type":"run-fini'));
    expect((await runCli(['runs', 'resume', 'done', '--json'], { cwd })).code).toBe(0);
    expect((await eventsOf(join(cwd, 'runs/done'))).at(-1)).toMatchObject({ type: 'run-finished' });
  });

  it('to list a damaged run as if it were whole, and lists the others', async () => {
    const cwd = await damaged((run) => cp(run, join(run, '../bad'), { recursive: true }));
    await writeFile(join(cwd, 'runs/bad/config.json'), '{');
    const { code, stdout, stderr } = await runCli(['runs', 'list'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/bad .*damaged/);
    expect(stdout).toMatch(/done .*unfinished/);
  });

  it('to go on with a run that another process runs, which does not notice', async () => {
    const cwd = await emptyFolder();
    const { lines, done } = startCli(['simulate', ...SMALL, '--rounds', '150', '--name', 'live', '--json'], {
      cwd,
    });
    await lines(2);
    const refused = await runCli(['runs', 'resume', 'live'], { cwd });
    expectRefusal(refused, 1, /run directory runs\/live is in use by process \d+/);
    expect((await done).code).toBe(0);
    const rounds = (await eventsOf(join(cwd, 'runs/live'))).filter(({ type }) => type === 'round-finished');
    expect(rounds).toHaveLength(151);
  });
});
