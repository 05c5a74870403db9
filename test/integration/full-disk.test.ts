/** A disk that fills up in the middle of a run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyFolder, eventsOf, modelsOf, runCli } from '../helpers/cli.js';

/** Room for two models and some rounds of the log, but not for all. */
const FREE_BYTES = 160_000;
const SETTINGS = [
  ...['simulate', '--examples', '100', '--model', 'logistic', '--clients', '4', '--partition', 'iid'],
  ...['--rounds', '60', '--threads', '1', '--name', 'run', '--json'],
];

const mountPoint = mkdtempSync(join(tmpdir(), 'tessera-disk-'));

function attempt(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const mounted = attempt('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint);
afterAll(() => {
  if (mounted) attempt('umount', mountPoint);
  rmSync(mountPoint, { recursive: true, force: true });
});

describe.skipIf(!mounted)('on a disk that fills up (needs the right to mount one)', () => {
  it('a run ends in one sentence with a whole log, and goes on when there is room again', async () => {
    const { bavail, bsize } = await statfs(mountPoint);
    const filler = join(mountPoint, 'filler');
    await writeFile(filler, new Uint8Array(bavail * bsize - FREE_BYTES));

    const { code, stderr } = await runCli([...SETTINGS, '--out', mountPoint], { cwd: mountPoint });
    expect(stderr).toMatch(/^tessera: [^\n]* no space is left on the device\n$/);
    expect(code).toBe(1);
    const run = join(mountPoint, 'run');
    const rounds = (await eventsOf(run)).filter(({ type }) => type === 'round-finished').length;
    expect(rounds).toBeGreaterThan(1);
    expect(rounds).toBeLessThan(61);

    await rm(filler);
    expect((await runCli(['runs', 'resume', run, '--json'], { cwd: mountPoint })).code).toBe(0);
    const events = await eventsOf(run);
    expect(events.filter(({ type }) => type === 'round-finished')).toHaveLength(61);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', reason: 'rounds', rounds: 60 });

    const elsewhere = await emptyFolder();
    await runCli(SETTINGS, { cwd: elsewhere });
    expect(await modelsOf(run)).toEqual(await modelsOf(join(elsewhere, 'runs/run')));
  });

  it('a run that does not fit at all leaves one sentence', async () => {
    const { bavail, bsize } = await statfs(mountPoint);
    await writeFile(join(mountPoint, 'filler'), new Uint8Array(bavail * bsize));
    const out = join(mountPoint, 'more');
    const { code, stdout, stderr } = await runCli([...SETTINGS, '--out', out], { cwd: mountPoint });
    expect(stderr).toMatch(/^tessera: [^\n]* no space is left on the device\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
