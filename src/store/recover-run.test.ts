import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import type { RoundFinished, RoundStarted, RunEvent, RunFinished } from '../round/run-events.js';
import { recoverRun } from './recover-run.js';
import { createRun, openRun, sha256 } from './run-directory.js';
import { listModels, readRun } from './stored-run.js';

let path: string;

// In memory where there is such a place: hundreds of recoveries would wait for the disk hundreds of times.
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

beforeEach(async () => {
  path = join(await mkdtemp(join(scratch, 'tessera-recover-')), 'run');
});

afterEach(() => rm(join(path, '..'), { recursive: true, force: true }));

const metrics = { exampleCount: 1, loss: 0.5 };
const model = (round: number) => Uint8Array.of(1, 2, 3, round);
const trained = (round: number): RunEvent => ({ type: 'client-failed', round, clientId: 1, reason: 'é' });
// Only what the store looks at: the shorter the log, the fewer places to cut it.
const finished = (round: number) =>
  ({ type: 'round-finished', round, modelSha256: sha256(model(round)) }) as RoundFinished;
const ended = (reason: RunFinished['reason']): RunEvent => ({
  type: 'run-finished',
  reason,
  rounds: 2,
  metrics,
  bestRound: 2,
  wallMs: 1,
});
const begun = (round: number): RoundStarted => ({
  type: 'round-started',
  round,
  time: round,
  cohort: [1, 2],
  goal: 1,
});
const twoRounds = [finished(0), trained(1), finished(1), trained(2), finished(2)];

const linesOf = (events: readonly RunEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const readEvents = () => readFile(join(path, 'events.jsonl'), 'utf8');

/** Puts a run on the disk as a killed process may leave it, with the models of these rounds. */
async function leaveRun(log: string | Uint8Array, rounds: readonly number[]): Promise<void> {
  await mkdir(join(path, 'models'), { recursive: true });
  await writeFile(join(path, 'config.json'), '{"seed":1}');
  await writeFile(join(path, 'events.jsonl'), log);
  for (const round of rounds) await writeFile(join(path, 'models', `${round}.safetensors`), model(round));
}

/** Recovers the run, closes it and returns what was found. */
async function recover() {
  const { run, ...found } = await recoverRun(path);
  expect(run.config).toEqual({ seed: 1 });
  await run.close();
  const { complete, lastRound, openRound, events } = found;
  return { complete, lastRound: lastRound?.round, openRound, events };
}

describe('recoverRun', () => {
  it('goes back to the last finished round wherever the log was cut, and comes to the same end', async () => {
    const log = twoRounds.slice(0, 4);
    const whole = Buffer.from(linesOf(log));
    for (let cut = 0; cut <= whole.length; cut++) {
      await leaveRun(whole.subarray(0, cut), [0, 1, 2]);
      const fullLines = log.filter((_, i) => Buffer.byteLength(linesOf(log.slice(0, i + 1))) <= cut);
      const kept = fullLines.slice(
        0,
        fullLines.findLastIndex((event) => event.type === 'round-finished') + 1,
      );

      const { run, events, complete, lastRound } = await recoverRun(path);
      expect({ events, complete, lastRound }).toEqual({
        events: kept,
        complete: false,
        lastRound: kept.at(-1),
      });
      expect(await readEvents()).toBe(linesOf(kept));
      expect(await listModels(path)).toEqual([0, 1, 2].filter((round) => round <= (lastRound?.round ?? -1)));
      await run.appendAll(log.slice(kept.length));
      await run.close();
      expect(await readEvents()).toBe(whole.toString());
    }
  });

  it('forgets a model that was saved before its round was recorded', async () => {
    await leaveRun(linesOf(twoRounds.slice(0, 4)), [0, 1, 2]);
    expect(await recover()).toMatchObject({ lastRound: 1, complete: false });
    expect(await listModels(path)).toEqual([0, 1]);
  });

  it('falls back to the round before one whose model is missing or damaged', async () => {
    await leaveRun(linesOf(twoRounds), [0, 1]);
    expect(await recover()).toMatchObject({ lastRound: 1, events: twoRounds.slice(0, 3) });
    await writeFile(join(path, 'models', '1.safetensors'), model(1).subarray(1));
    expect(await recover()).toMatchObject({ lastRound: 0, events: twoRounds.slice(0, 1) });
    await rm(join(path, 'models'), { recursive: true });
    expect(await recover()).toEqual({ lastRound: undefined, events: [], complete: false });
    expect(await readEvents()).toBe('');
  });

  it('keeps the start of the round that was open, wherever the log was cut after it', async () => {
    const log = [finished(0), begun(1), trained(1), finished(1), begun(2), trained(2), ended('interrupted')];
    const toStart = Buffer.byteLength(linesOf(log.slice(0, 5)));
    const whole = Buffer.from(linesOf(log));
    for (let cut = toStart; cut <= whole.length; cut++) {
      await leaveRun(whole.subarray(0, cut), [0, 1]);
      const { run, events, complete, lastRound, openRound } = await recoverRun(path);
      await run.close();
      expect({ complete, lastRound, openRound }).toEqual({
        complete: false,
        lastRound: finished(1),
        openRound: begun(2),
      });
      expect(events).toEqual(log.slice(0, 5));
      expect(await readEvents()).toBe(linesOf(events));
    }
    await leaveRun(whole.subarray(0, toStart - 1), [0, 1]);
    expect((await recover()).openRound).toBeUndefined();
  });

  it('goes on with a round whose model is gone with the cohort that it had', async () => {
    await leaveRun(linesOf([finished(0), begun(1), trained(1), finished(1), begun(2)]), [0]);
    expect(await recover()).toMatchObject({ lastRound: 0, openRound: begun(1) });
    expect(await readEvents()).toBe(linesOf([finished(0), begun(1)]));
    expect(await recover()).toMatchObject({ lastRound: 0, openRound: begun(1) });
  });

  it('knows the open round after a second start too, and none where there is no round before it', async () => {
    const resumed: RunEvent = { type: 'run-resumed', time: 1, round: 0 };
    const log = [finished(0), resumed, begun(1), resumed, trained(1)];
    await leaveRun(linesOf(log), [0]);
    expect(await recover()).toMatchObject({ openRound: begun(1), events: log.slice(0, 3) });
    await leaveRun(linesOf([begun(0), begun(1)]), []);
    expect(await recover()).toMatchObject({ openRound: undefined, events: [] });
    await leaveRun(linesOf([finished(0), begun(2)]), [0]);
    expect(await recover()).toMatchObject({ openRound: undefined, events: [finished(0)] });
  });

  it('falls back to the round before one of which what stayed with clients is missing or damaged', async () => {
    const withLocal = (round: number) => ({ ...finished(round), localSha256: sha256(model(round + 10)) });
    const log = linesOf([withLocal(0), trained(1), withLocal(1), trained(2), withLocal(2)]);
    const local = (round: number) => join(path, 'local', `${round}.safetensors`);
    await mkdir(join(path, 'local'), { recursive: true });
    const leave = async () => {
      await leaveRun(log, [0, 1, 2, 3]);
      for (const round of [0, 1, 2, 3]) await writeFile(local(round), model(round + 10));
      await writeFile(`${local(3)}.tmp`, 'half');
    };
    await leave();
    expect(await recover()).toMatchObject({ lastRound: 2 });
    expect((await readdir(join(path, 'local'))).toSorted()).toEqual([0, 1, 2].map((r) => `${r}.safetensors`));
    await rm(local(2));
    expect(await recover()).toMatchObject({ lastRound: 1 });
    await leave();
    await writeFile(local(2), model(2));
    expect(await recover()).toMatchObject({ lastRound: 1 });
    expect(await listModels(path)).toEqual([0, 1]);
  });

  it('changes nothing the second time', async () => {
    await leaveRun(`${linesOf([...twoRounds, trained(3)])}{"type":`, [0, 1, 2, 3]);
    await writeFile(join(path, 'models', '3.safetensors.tmp'), 'half');
    await writeFile(join(path, 'report.html.tmp'), 'half');
    const first = await recover();
    const names = await readdir(path, { recursive: true });
    const log = await readEvents();
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await recover()).toEqual(first);
    expect(await readdir(path, { recursive: true })).toEqual(names);
    expect(await readEvents()).toBe(log);
  });

  it('goes on with a run that was interrupted', async () => {
    await leaveRun(linesOf([...twoRounds, ended('interrupted')]), [0, 1, 2]);
    expect(await recover()).toEqual({ lastRound: 2, events: twoRounds, complete: false });
    expect(await readEvents()).toBe(linesOf(twoRounds));
  });

  it.each(['rounds', 'target', 'plateau', 'wall-time', 'user'] as const)(
    'leaves a run alone that ended for %s',
    async (reason) => {
      const events = [...twoRounds, ended(reason)];
      await leaveRun(linesOf(events), [2]);
      expect(await recover()).toEqual({ lastRound: 2, events, complete: true });
      expect(await readEvents()).toBe(linesOf(events));
    },
  );

  it('starts from the beginning where nothing was recorded', async () => {
    await (await createRun(join(path, '..'), 'run', { seed: 1 })).close();
    await rm(join(path, 'events.jsonl'));
    expect(await recover()).toEqual({ lastRound: undefined, events: [], complete: false });
  });

  it('refuses a damaged log without touching it, and leaves no lock', async () => {
    const log = `${linesOf(twoRounds.slice(0, 2))}\0\0\n${linesOf(twoRounds.slice(2))}`;
    await leaveRun(log, [0, 1, 2]);
    await expect(recoverRun(path)).rejects.toThrow(
      new StoreError(`${join(path, 'events.jsonl')} is damaged: line 3 must be an event`),
    );
    expect(await readEvents()).toBe(log);
    expect(await readdir(path)).not.toContain('lock');
  });

  it('leaves no lock when it fails half-way', async () => {
    await leaveRun(linesOf(twoRounds), [0, 1]);
    await mkdir(join(path, 'models', '2.safetensors'));
    await expect(recoverRun(path)).rejects.toThrow(
      new StoreError(`${join(path, 'models', '2.safetensors')} could not be read: a directory is in the way`),
    );
    expect(await readdir(path)).not.toContain('lock');
  });

  it('holds the lock until the run is closed', async () => {
    await leaveRun(linesOf(twoRounds), [0, 1, 2]);
    const { run } = await recoverRun(path);
    await expect(openRun(path)).rejects.toThrow('in use');
    await run.close();
  });
});

/** A process that runs rounds until it is killed: model, event, then the older models go. */
function startRun() {
  const script = `
    import { createJiti } from 'jiti';
    const jiti = createJiti(${JSON.stringify(import.meta.url)}, { fsCache: false });
    const { recoverRun } = await jiti.import('./recover-run.ts');
    const { run, lastRound } = await recoverRun(${JSON.stringify(path)});
    console.log('ready');
    for (let round = (lastRound?.round ?? -1) + 1; ; round++) {
      const { sha256 } = await run.saveModel(round, Buffer.alloc(300_000, round));
      await run.append({ type: 'client-failed', round, clientId: 1, reason: 'x'.repeat(20_000) });
      await run.append({ type: 'round-finished', round, modelSha256: sha256 }, { durable: true });
      await run.dropModels([round]);
    }`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('a process killed at any moment', () => {
  it('loses no finished round, and the next goes on from there', async () => {
    await (await createRun(join(path, '..'), 'run', { seed: 1 })).close();
    let rounds = 0;
    for (const delayMs of [30, 101]) {
      const child = startRun();
      await once(child.stdout, 'data');
      await new Promise((wake) => setTimeout(wake, delayMs));
      child.kill('SIGKILL');
      await once(child, 'exit');

      const before = (await readRun(path)).events.filter((event) => event.type === 'round-finished');
      const { run, events, lastRound } = await recoverRun(path);
      await run.close();
      expect(lastRound).toEqual(before.at(-1));
      const recorded = events.filter((event) => event.type === 'round-finished').map((event) => event.round);
      expect(recorded).toEqual(recorded.map((_, round) => round));
      expect(recorded.length).toBeGreaterThanOrEqual(rounds);
      rounds = recorded.length;
    }
    expect(rounds).toBeGreaterThan(0);
  });
});
