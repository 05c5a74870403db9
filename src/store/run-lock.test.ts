import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { lockRun, type RunLock } from './run-lock.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-lock-'));
  path = join(directory, 'lock');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const deadPid = spawnSync(process.execPath, ['--version']).pid;
const deadId = '00000000-0000-4000-8000-000000000000';

function writeLock(file: string, holder: object): Promise<void> {
  return writeFile(file, `${JSON.stringify({ id: deadId, pid: deadPid, host: hostname(), ...holder })}\n`);
}

/** Locks in many ways at once and returns those that got the lock. */
async function race(count: number): Promise<RunLock[]> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => lockRun(directory)));
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return [outcome.value];
    expect(outcome.reason).toBeInstanceOf(StoreError);
    expect(outcome.reason.message).toBe(`run directory ${directory} is in use by process ${process.pid}`);
    return [];
  });
}

/** A process of its own that tries to lock, prints how that went, and keeps the lock until its input ends. */
function startTaker() {
  const script = `
    import { createJiti } from 'jiti';
    const { lockRun } = await createJiti(${JSON.stringify(import.meta.url)}, { fsCache: false }).import('./run-lock.ts');
    process.stdin.once('data', () => {
      lockRun(${JSON.stringify(directory)}).then(() => console.log('won'), (error) => console.log(error.message));
    });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8');
  const line = async () => String((await once(child.stdout, 'data'))[0]).trim();
  return { child, line };
}

describe('lockRun', () => {
  it('lets one in, and the next after the release', async () => {
    const lock = await lockRun(directory);
    await expect(lockRun(directory)).rejects.toThrow(
      new StoreError(`run directory ${directory} is in use by process ${process.pid}`),
    );
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
    await (await lockRun(directory)).release();
  });

  it('lets exactly one of many in', async () => {
    expect(await race(20)).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('lets exactly one of many take over the lock of a dead process', async () => {
    for (let repetition = 0; repetition < 10; repetition++) {
      await writeLock(path, {});
      const winners = await race(10);
      expect(winners).toHaveLength(1);
      expect(await readdir(directory)).toEqual(['lock']);
      expect(JSON.parse(await readFile(path, 'utf8')).pid).toBe(process.pid);
      await winners[0]?.release();
    }
  });

  it('takes over from a taker that died while taking over', async () => {
    const takerId = deadId.replaceAll('0', 'f');
    await writeLock(path, {});
    await writeLock(`${path}.${deadId}`, { id: takerId });
    await writeLock(`${path}.${deadId}.${takerId}`, { id: takerId.replaceAll('f', 'e') });
    expect(await race(5)).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('waits for no one while another takes over', async () => {
    await writeLock(path, {});
    await writeLock(`${path}.${deadId}`, { pid: process.ppid });
    await expect(lockRun(directory)).rejects.toThrow(`in use by process ${process.ppid}`);
  });

  it.skipIf(process.platform !== 'linux')(
    'is not stopped by another process with a recycled pid (needs /proc)',
    async () => {
      await writeLock(path, { pid: process.pid, started: 'long ago' });
      await (await lockRun(directory)).release();
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'takes over from a killed process that its parent has not noticed (needs /proc)',
    async () => {
      // The shell becomes sleep, which never waits for the shell's child.
      const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const pid = Number((await once(parent.stdout, 'data'))[0]);
        const fields = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
        while ((await fields())[2] !== 'Z') await new Promise((wake) => setTimeout(wake, 5));
        const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
        await writeLock(path, { pid, started: `${boot.trim()} ${(await fields())[21]}` });
        await (await lockRun(directory)).release();
      } finally {
        parent.kill('SIGKILL');
      }
    },
  );

  it('trusts the pid where the start time is not known', async () => {
    await writeLock(path, { pid: process.pid });
    await expect(lockRun(directory)).rejects.toThrow('in use');
  });

  it('never takes over from another host, and says what to do', async () => {
    await writeLock(path, { host: 'elsewhere' });
    await expect(lockRun(directory)).rejects.toThrow(
      `run directory ${directory} is in use by process ${deadPid} on elsewhere (if that has ended, remove ${path})`,
    );
  });

  it.each(['', '{', 'null', '{"pid":1}', `{"id":"../../${'x'.repeat(30)}","pid":1,"host":"a"}`])(
    'refuses the damaged lock "%s"',
    async (content) => {
      await writeFile(path, content);
      await expect(lockRun(directory)).rejects.toThrow(
        new StoreError(`${path} is damaged: remove it if no process uses the run directory`),
      );
      expect(await readdir(directory)).toEqual(['lock']);
    },
  );

  it('ends even where the lock can neither be made nor read', async () => {
    await symlink('nowhere', path);
    await expect(lockRun(directory)).rejects.toThrow('is damaged');
  });

  it('leaves a lock alone that became another’s before the release', async () => {
    const lock = await lockRun(directory);
    await writeLock(path, {});
    await lock.release();
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('says when the directory cannot be locked', async () => {
    await expect(lockRun(join(directory, 'missing'))).rejects.toThrow(
      new StoreError(`run directory ${join(directory, 'missing')} could not be locked: it does not exist`),
    );
  });

  it('holds between processes, and ends with them', async () => {
    const takers = [startTaker(), startTaker(), startTaker()];
    try {
      for (const { line } of takers) expect(await line()).toBe('ready');
      await writeLock(path, {});
      const coming = Promise.all(takers.map(({ line }) => line()));
      for (const { child } of takers) child.stdin.write('go');
      const answers = await coming;
      expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
      // The process named may also be one that was just looking whether the lock is still the dead one.
      const refusals = takers.map(
        ({ child }) => `run directory ${directory} is in use by process ${child.pid}`,
      );
      for (const answer of answers) expect(['won', ...refusals]).toContain(answer);
      const winner = takers[answers.indexOf('won')]!.child;
      await expect(lockRun(directory)).rejects.toThrow(`is in use by process ${winner.pid}`);

      winner.kill('SIGKILL');
      await once(winner, 'exit');
      await (await lockRun(directory)).release();
    } finally {
      for (const { child } of takers) child.kill('SIGKILL');
    }
  });
});
