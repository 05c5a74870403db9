import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { createRun, openRun } from './run-directory.js';
import { readRun } from './stored-run.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-run-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

function failure(round: number, reason = ''): RunEvent {
  return { type: 'client-failed', round, clientId: 0, reason };
}

describe('createRun', () => {
  it('makes the directory, with all above it, and writes the configuration', async () => {
    const run = await createRun(join(root, 'deep', 'down'), 'my run', { seed: 3, list: [1] });
    expect(run).toMatchObject({
      runId: 'my run',
      path: join(root, 'deep/down/my run'),
      config: { seed: 3, list: [1] },
    });
    expect(JSON.parse(await readFile(join(run.path, 'config.json'), 'utf8'))).toEqual({ seed: 3, list: [1] });
    await run.close();
    expect((await readdir(run.path)).toSorted()).toEqual(['config.json', 'events.jsonl']);
  });

  it('takes an empty directory', async () => {
    await mkdir(join(root, 'a'));
    await (await createRun(root, 'a', {})).close();
  });

  it('refuses a directory with files in it and leaves that as it was', async () => {
    await mkdir(join(root, 'a'));
    await writeFile(join(root, 'a', 'thesis.tex'), '');
    await expect(createRun(root, 'a', {})).rejects.toThrow(
      new StoreError(`run directory ${join(root, 'a')} must be new or empty, got one that holds thesis.tex`),
    );
    expect(await readdir(join(root, 'a'))).toEqual(['thesis.tex']);
  });

  it('refuses a run that is there already', async () => {
    await (await createRun(root, 'a', {})).close();
    await expect(createRun(root, 'a', {})).rejects.toThrow(StoreError);
  });

  it('takes what a killed createRun left behind', async () => {
    await mkdir(join(root, 'a'));
    await writeFile(join(root, 'a', 'config.json.tmp'), '{"se');
    await writeFile(join(root, 'a', 'lock.00000000-0000-4000-8000-000000000000.tmp'), '{"i');
    const run = await createRun(root, 'a', { seed: 2 });
    expect(JSON.parse(await readFile(join(run.path, 'config.json'), 'utf8'))).toEqual({ seed: 2 });
    expect(await readdir(run.path)).not.toContain('config.json.tmp');
    await run.close();
  });

  it('lets exactly one of many create a run', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => createRun(root, 'a', {})));
    const runs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(runs).toHaveLength(1);
    await runs[0]?.close();
  });

  it.each(['', '.', '..', 'a/b', '../a', 'a\0b'])('refuses %j as the name of a run', async (runId) => {
    await expect(createRun(root, runId, {})).rejects.toThrow(
      new ConfigError(`runId must be the name of a directory, got ${JSON.stringify(runId)}`),
    );
  });

  it('refuses a configuration that JSON cannot hold', async () => {
    await expect(createRun(root, 'a', undefined)).rejects.toThrow(ConfigError);
    expect(await readdir(root)).toEqual([]);
  });

  it('says when a file is in the way', async () => {
    await writeFile(join(root, 'a'), '');
    await expect(createRun(root, 'a', {})).rejects.toThrow(
      new StoreError(`run directory ${join(root, 'a')} could not be created: a file is in the way`),
    );
    await expect(createRun(join(root, 'a'), 'b', {})).rejects.toThrow(/a file is in the way/);
  });

  it('leaves nothing behind when it fails half-way', async () => {
    // A directory where the temporary file should go stops the configuration.
    await mkdir(join(root, 'a', 'config.json.tmp'), { recursive: true });
    await expect(createRun(root, 'a', {})).rejects.toThrow(
      new StoreError(`${join(root, 'a', 'config.json')} could not be written: a directory is in the way`),
    );
    expect(await readdir(join(root, 'a'))).toEqual(['config.json.tmp']);
  });
});

describe('openRun', () => {
  it('goes on where the log ends', async () => {
    const first = await createRun(root, 'a', { seed: 1 });
    await first.append(failure(1));
    await first.close();
    const second = await openRun(first.path);
    expect(second).toMatchObject({ runId: 'a', config: { seed: 1 } });
    await second.append(failure(2), { durable: true });
    await second.close();
    const lines = (await readFile(join(first.path, 'events.jsonl'), 'utf8')).split('\n');
    expect(lines).toEqual([JSON.stringify(failure(1)), JSON.stringify(failure(2)), '']);
  });

  it('is refused while the run is open, and again possible when it is closed', async () => {
    const run = await createRun(root, 'a', {});
    await expect(openRun(run.path)).rejects.toThrow(
      `run directory ${run.path} is in use by process ${process.pid}`,
    );
    await run.close();
    await run.close();
    await (await openRun(run.path)).close();
  });

  it('leaves no lock on a run that it refuses', async () => {
    const run = await createRun(root, 'a', {});
    await run.close();
    await writeFile(join(run.path, 'events.jsonl'), 'x\n');
    await expect(openRun(run.path)).rejects.toThrow('line 1 must be an event');
    expect(await readdir(run.path)).not.toContain('lock');
  });

  it('makes nothing where there is no run', async () => {
    await expect(openRun(join(root, 'a'))).rejects.toThrow(StoreError);
    await expect(openRun(root)).rejects.toThrow(
      new StoreError(`run directory ${root} must hold config.json, got none`),
    );
    expect(await readdir(root)).toEqual([]);
  });
});

describe('RunDirectory', () => {
  it('saves, replaces, loads and drops models', async () => {
    const run = await createRun(root, 'a', {});
    const bytes = Uint8Array.of(1, 2, 3);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect(await run.saveModel(4, Uint8Array.of(9))).not.toEqual({ sha256: expected });
    expect(await run.saveModel(4, bytes)).toEqual({ sha256: expected });
    expect(new Uint8Array(await run.loadModel(4))).toEqual(bytes);
    await run.saveModel(5, bytes);
    await run.saveModel(6, bytes);
    await writeFile(join(run.path, 'models', 'mine.safetensors'), '');
    await run.dropModels([5, 77]);
    expect((await readdir(join(run.path, 'models'))).toSorted()).toEqual([
      '5.safetensors',
      'mine.safetensors',
    ]);
    await expect(run.loadModel(4)).rejects.toThrow(StoreError);
    await run.close();
  });

  it('keeps what stays with clients beside models, and drops both together', async () => {
    const run = await createRun(root, 'a', {});
    const bytes = Uint8Array.of(1, 2);
    for (const round of [1, 2]) {
      await run.saveModel(round, Uint8Array.of(round));
      expect(await run.save('local', round, bytes)).toEqual({
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
    await run.dropModels([2]);
    expect([...(await run.load('local', 2))]).toEqual([1, 2]);
    for (const folder of ['models', 'local']) {
      expect(await readdir(join(run.path, folder))).toEqual(['2.safetensors']);
    }
    await expect(run.load('local', 1)).rejects.toThrow(StoreError);
    await run.close();
  });

  it('replaces the report in one step', async () => {
    const run = await createRun(root, 'a', {});
    await run.writeReport('<p>one');
    const file = await run.writeReport('<p>two');
    expect(await readFile(file, 'utf8')).toBe('<p>two');
    expect((await readdir(run.path)).toSorted()).toEqual([
      'config.json',
      'events.jsonl',
      'lock',
      'report.html',
    ]);
    await run.close();
  });
});

/** Runs code in a process that may write no file past 8 * 512 bytes. */
function runWithSmallFiles(code: string) {
  const script = `
    import { createJiti } from 'jiti';
    const jiti = createJiti(${JSON.stringify(import.meta.url)}, { fsCache: false });
    const { createRun } = await jiti.import('./run-directory.ts');
    const run = await createRun(${JSON.stringify(root)}, 'a', {});
    try { ${code} } catch (error) { console.log(error.name + ': ' + error.message); }`;
  const limited = 'ulimit -f 8; exec "$0" --input-type=module --eval "$1"';
  const { stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
  return stdout + stderr;
}

describe.skipIf(process.platform === 'win32')('where files may not grow (needs ulimit)', () => {
  it('keeps every line that was written, and no half one', async () => {
    const output = runWithSmallFiles(`
      for (let round = 0; ; round++) await run.append({ type: 'client-failed', round, clientId: 0, reason: '' });`);
    const file = join(root, 'a', 'events.jsonl');
    expect(output).toBe(`StoreError: ${file} could not be written: the file would be too large\n`);
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toEqual(lines.map((_, round) => JSON.stringify(failure(round))));
    expect(lines.length).toBeGreaterThan(50);
  });

  it('leaves the old model and no half-written one', async () => {
    const output = runWithSmallFiles(`
      await run.saveModel(1, Buffer.from('old'));
      await run.saveModel(1, Buffer.alloc(10000));`);
    expect(output).toMatch(
      /^StoreError: .*1\.safetensors could not be written: the file would be too large\n$/,
    );
    expect(await readdir(join(root, 'a', 'models'))).toEqual(['1.safetensors']);
    expect(await readFile(join(root, 'a', 'models', '1.safetensors'), 'utf8')).toBe('old');
  });
});

const disk = mkdtempSync(join(tmpdir(), 'tessera-disk-'));
const shell = (command: string) => spawnSync('sh', ['-c', `${command} "$0"`, disk]).status === 0;
const mounted = shell('mount -t tmpfs -o size=64k tmpfs');

afterAll(async () => {
  if (mounted) shell('umount');
  await rm(disk, { recursive: true, force: true });
});

describe.skipIf(!mounted)('on a full disk (needs the right to mount one)', () => {
  const filler = join(disk, 'filler');
  const fill = (bytes: number) => writeFile(filler, Buffer.alloc(bytes)).catch(() => {});
  const noSpace = 'no space is left on the device';

  afterEach(async () => {
    for (const name of await readdir(disk)) await rm(join(disk, name), { recursive: true, force: true });
  });

  it('appends all events or none, and can go on when there is space again', async () => {
    const run = await createRun(disk, 'a', {});
    await run.append(failure(0));
    await fill(100_000);
    const file = join(run.path, 'events.jsonl');
    // The first page has room for a part of it.
    await expect(
      run.appendAll([failure(1), failure(2, 'x'.repeat(10_000))], { durable: true }),
    ).rejects.toThrow(new StoreError(`${file} could not be written: ${noSpace}`));
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(failure(0))}\n`);
    await rm(filler);
    await run.append(failure(3));
    expect(await readFile(file, 'utf8')).toBe(
      `${JSON.stringify(failure(0))}\n${JSON.stringify(failure(3))}\n`,
    );
    await run.close();
  });

  it('leaves no half-written model or report', async () => {
    const run = await createRun(disk, 'a', {});
    await run.writeReport('old');
    await fill(40_000);
    await expect(run.saveModel(1, Buffer.alloc(30_000))).rejects.toThrow(
      new StoreError(`${join(run.path, 'models', '1.safetensors')} could not be written: ${noSpace}`),
    );
    expect(await readdir(join(run.path, 'models'))).toEqual([]);
    await expect(run.writeReport('x'.repeat(30_000))).rejects.toThrow(noSpace);
    expect(await readFile(join(run.path, 'report.html'), 'utf8')).toBe('old');
    await run.close();
  });

  it('leaves no half-made run', async () => {
    await fill(100_000);
    await expect(createRun(disk, 'a', {})).rejects.toThrow(
      new StoreError(`run directory ${join(disk, 'a')} could not be locked: ${noSpace}`),
    );
    await rm(filler);
    // Room for the lock and not for the configuration.
    await fill(64 * 1024 - 2 * 4096);
    await expect(createRun(disk, 'a', 'x'.repeat(10_000))).rejects.toThrow(
      new StoreError(`${join(disk, 'a', 'config.json')} could not be written: ${noSpace}`),
    );
    expect(existsSync(join(disk, 'a'))).toBe(false);
  });

  it('is refused when it is read-only, and reading goes on', async () => {
    const run = await createRun(disk, 'a', { seed: 1 });
    await run.close();
    expect(shell('mount -o remount,ro')).toBe(true);
    try {
      await expect(openRun(run.path)).rejects.toThrow(
        new StoreError(`run directory ${run.path} could not be locked: the file system is read-only`),
      );
      await expect(createRun(join(disk, 'deep'), 'b', {})).rejects.toThrow('the file system is read-only');
      expect(await readRun(run.path)).toMatchObject({ config: { seed: 1 }, torn: false });
    } finally {
      shell('mount -o remount,rw');
    }
  });
});
