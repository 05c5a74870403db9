/** Runs that are killed or interrupted at any moment, and end with the bytes of one that never was. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { emptyFolder, eventsOf, linesOf, modelsOf, runCli, startCli } from '../helpers/cli.js';

const ROUNDS = 8;
const SETTINGS = [
  ...['simulate', '--examples', '200', '--model', 'logistic', '--clients', '4', '--rounds', `${ROUNDS}`],
  ...['--partition', 'iid', '--threads', '2', '--name', 'run', '--json'],
];
const BASELINES = ['--compare', 'central,isolated'];

/** What a run that nobody stops prints and leaves. */
async function uninterrupted(more: readonly string[] = []) {
  const cwd = await emptyFolder();
  const { code, stdout } = await runCli([...SETTINGS, ...more], { cwd });
  expect(code).toBe(0);
  return { lineCount: linesOf(stdout).length, models: await modelsOf(join(cwd, 'runs/run')) };
}

/** Starts a command, and kills it once it has printed some lines and a moment more has passed. */
async function killAfter(args: readonly string[], cwd: string, lines: number, delayMs: number) {
  const { child, lines: printed, done } = startCli(args, { cwd });
  await printed(lines);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill('SIGKILL');
  return (await done).signal === 'SIGKILL';
}

const resume = (cwd: string) => runCli(['runs', 'resume', 'run', '--json'], { cwd });

/** The log is whole, and says of each round once that it has finished. */
async function expectWholeLog(cwd: string): Promise<void> {
  const events = await eventsOf(join(cwd, 'runs/run'));
  const finished = events.flatMap((event) => (event.type === 'round-finished' ? [event.round] : []));
  expect(finished).toEqual(Array.from({ length: ROUNDS + 1 }, (_, round) => round));
  expect(events.at(-1)).toMatchObject({ type: 'run-finished', reason: 'rounds', rounds: ROUNDS });
  expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(1);
  expect(events.filter(({ type }) => type === 'client-trained')).toHaveLength(4 * ROUNDS);
}

let expected: Awaited<ReturnType<typeof uninterrupted>>;
beforeAll(async () => {
  expected = await uninterrupted();
});

describe('a run that is killed', () => {
  // Moments spread over the run, each shifted at random by less than the time of a round.
  const random = seededRandom(1, 'moments');
  const moments = Array.from({ length: 10 }, (_, part) => ({
    share: (part + random.float()) / 10.5,
    delayMs: random.integer(15),
  }));

  it.concurrent.each([
    [moments.filter((_, index) => index % 2 === 0)],
    [moments.filter((_, index) => index % 2 === 1)],
  ])('ends with the same bytes after it is resumed, from ten moments (half %#)', async (half) => {
    let killed = 0;
    for (const { share, delayMs } of half) {
      const cwd = await emptyFolder();
      const lines = 1 + Math.floor(share * (expected.lineCount - 1));
      killed += Number(await killAfter(SETTINGS, cwd, lines, delayMs));
      const { code, stderr } = await resume(cwd);
      // It may have come to its end before it was killed.
      if (code !== 0) expect(stderr).toContain('must hold an unfinished run, but it has ended');
      await expectWholeLog(cwd);
      expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
    }
    expect(killed).toBeGreaterThanOrEqual(4);
  });

  it('ends with the same bytes where only some rounds are evaluated', async () => {
    const sparse = ['--evaluate-every', '3'];
    const whole = await uninterrupted(sparse);
    for (const moment of [0.3, 0.55, 0.8]) {
      const cwd = await emptyFolder();
      await killAfter([...SETTINGS, ...sparse], cwd, Math.floor(moment * whole.lineCount), 0);
      const { code, stderr } = await resume(cwd);
      if (code !== 0) expect(stderr).toContain('must hold an unfinished run, but it has ended');
      await expectWholeLog(cwd);
      expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(whole.models);
      const events = await eventsOf(join(cwd, 'runs/run'));
      const evaluated = events.flatMap((event) =>
        event.type === 'round-finished' && event.metrics ? [event.round] : [],
      );
      expect(evaluated).toEqual([0, 3, 6, 8]);
    }
  });

  it('ends with the same bytes where the strategy keeps something between rounds', async () => {
    const momentum = ['--reports', 'update', '--server-momentum', '0.9'];
    const whole = await uninterrupted(momentum);
    expect(whole.models).not.toEqual(expected.models);
    for (const moment of [0.4, 0.8]) {
      const cwd = await emptyFolder();
      expect(await killAfter([...SETTINGS, ...momentum], cwd, Math.floor(moment * whole.lineCount), 0)).toBe(
        true,
      );
      expect((await resume(cwd)).code).toBe(0);
      await expectWholeLog(cwd);
      expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(whole.models);
    }
  });

  it('may be killed again while it is resumed', async () => {
    const cwd = await emptyFolder();
    expect(await killAfter(SETTINGS, cwd, 12, 0)).toBe(true);
    expect(await killAfter(['runs', 'resume', 'run', '--json'], cwd, 9, 3)).toBe(true);
    expect((await resume(cwd)).code).toBe(0);
    await expectWholeLog(cwd);
    expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
  });

  it('trains its baselines anew where it is killed in them', async () => {
    const cwd = await emptyFolder();
    const { child, line, done } = startCli([...SETTINGS, ...BASELINES], { cwd });
    await line('central-evaluated');
    child.kill('SIGKILL');
    expect((await done).signal).toBe('SIGKILL');
    expect((await resume(cwd)).code).toBe(0);
    await expectWholeLog(cwd);
    expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
    const events = await eventsOf(join(cwd, 'runs/run'));
    const whole = await emptyFolder();
    await runCli([...SETTINGS, ...BASELINES], { cwd: whole });
    const baselines = (all: typeof events) =>
      all
        .filter(({ type }) => type === 'central-evaluated' || type === 'isolated-evaluated')
        .map((event) => JSON.stringify(event))
        .toSorted();
    expect(baselines(events)).toEqual(baselines(await eventsOf(join(whole, 'runs/run'))));
  });
});

describe('a run that Ctrl-C interrupts', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends its log on %s, exits with 130, and can be resumed',
    async (signal) => {
      const cwd = await emptyFolder();
      const { child, lines, done } = startCli(SETTINGS, { cwd });
      await lines(12);
      const sent = performance.now();
      child.kill(signal);
      const { code, stdout, stderr } = await done;
      expect(performance.now() - sent).toBeLessThan(2000);
      expect(code).toBe(130);
      expect(stderr).toBe('tessera: interrupted; go on with: tessera runs resume runs/run\n');
      const last = await eventsOf(join(cwd, 'runs/run'));
      expect(last.at(-1)).toMatchObject({ type: 'run-finished', reason: 'interrupted' });
      expect(JSON.parse(linesOf(stdout).at(-1) ?? '')).toEqual(JSON.parse(JSON.stringify(last.at(-1))));
      expect(await readFile(join(cwd, 'runs/run/report.html'), 'utf8')).toContain('</html>');

      expect((await resume(cwd)).code).toBe(0);
      await expectWholeLog(cwd);
      expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
    },
  );

  // Threads are loading, training and evaluating by native code then, which must not be ended in the middle.
  it.each([0, 8, 16])('can be resumed where that was %d ms after it began', async (delayMs) => {
    const cwd = await emptyFolder();
    const { child, lines, done } = startCli(SETTINGS, { cwd });
    await lines(1);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    child.kill('SIGINT');
    const { code, signal, stderr } = await done;
    expect({ code, signal, stderr }).toEqual({
      code: 130,
      signal: null,
      stderr: 'tessera: interrupted; go on with: tessera runs resume runs/run\n',
    });
    expect((await resume(cwd)).code).toBe(0);
    await expectWholeLog(cwd);
    expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
  });

  it('ends at once on a second Ctrl-C, and can be resumed', async () => {
    const cwd = await emptyFolder();
    const { child, lines, done } = startCli(SETTINGS, { cwd });
    await lines(3);
    child.kill('SIGINT');
    child.kill('SIGINT');
    const { code, signal } = await done;
    expect(code ?? signal).toBeOneOf([130, 'SIGINT']);
    expect((await resume(cwd)).code).toBe(0);
    await expectWholeLog(cwd);
    expect(await modelsOf(join(cwd, 'runs/run'))).toEqual(expected.models);
  });

  it('leaves nothing where it had not started, and ends at once', async () => {
    const cwd = await emptyFolder();
    const { child, done } = startCli([...SETTINGS, '--examples', '200000'], { cwd });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const sent = performance.now();
    child.kill('SIGINT');
    const { signal, stdout } = await done;
    expect(performance.now() - sent).toBeLessThan(2000);
    expect({ signal, stdout }).toEqual({ signal: 'SIGINT', stdout: '' });
    expect(await readdir(cwd)).toEqual([]);
  });
});
