/** Approvals against a server that changes what was approved, and against damaged files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { definition, task } from '../../../test/helpers/task.js';
import { ConfigError, StoreError } from '../../errors.js';
import type { TaskDefinition } from '../../protocol/messages.js';
import { askApproval, definitionHash } from '../approval.js';
import { type Approvals, openApprovals } from './approvals.js';

let root: string;
let folder: string;
let folders = 0;
let clock = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tessera-tasks-'));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = join(root, String(folders++), 'tasks');
  clock = 1000;
});

/** As another process would open them. */
const open = (): Approvals => openApprovals(folder, () => clock++);
const ask = (changed: TaskDefinition = definition) =>
  askApproval({ approve: open().approver('https://a') }, { ...task, definition: changed });
const fileOf = (hash: string) => join(folder, `${hash}.json`);

describe('a task that was never seen', () => {
  it('is put down, with what helps to decide, and waits', async () => {
    const { decision, hash } = await ask();
    expect(decision).toBe('pending');
    expect(await open().list()).toEqual([
      { hash, decision: 'pending', definition, work: task.work, server: 'https://a', askedAt: 1000 },
    ]);
  });

  it('is put down once, however often the server asks', async () => {
    await ask();
    await Promise.all([ask(), ask(), ask()]);
    expect(await open().list()).toMatchObject([{ askedAt: 1000 }]);
  });

  it.skipIf(process.platform === 'win32')('is for the eyes of the owner', async () => {
    const { hash } = await ask();
    expect([statSync(folder).mode & 0o777, statSync(fileOf(hash)).mode & 0o777]).toEqual([0o700, 0o600]);
  });
});

describe('a decision', () => {
  it.each(['approved', 'rejected'] as const)('that it is %s holds, until it is changed', async (decision) => {
    const { hash } = await ask();
    clock = 5000;
    expect(await open().decide(hash, decision)).toMatchObject({
      hash,
      decision,
      askedAt: 1000,
      decidedAt: 5000,
    });
    expect((await ask()).decision).toBe(decision);
    await open().decide(hash.slice(0, 12), 'rejected');
    expect((await ask()).decision).toBe('rejected');
  });

  it('is not undone by a client that had looked just before it', async () => {
    const { hash } = await ask();
    await open().decide(hash, 'rejected');
    const rejected = readFileSync(fileOf(hash));
    rmSync(fileOf(hash));
    // The clock is read between looking and putting down: there, the other process comes in between.
    const approvals = openApprovals(folder, () => {
      writeFileSync(fileOf(hash), rejected);
      return 1;
    });
    await askApproval({ approve: approvals.approver('https://a') }, task);
    expect((await ask()).decision).toBe('rejected');
  });

  it.each<[string, TaskDefinition]>([
    ['title', { ...definition, title: 'Faces' }],
    ['graph', { ...definition, model: { ...definition.model, graphSha256: 'ee'.repeat(32) } }],
    ['cohort', { ...definition, privacy: { ...definition.privacy, minimumCohort: 1 } }],
  ])('does not hold for a definition with another %s', async (_, changed) => {
    await open().decide((await ask()).hash, 'approved');
    expect((await ask(changed)).decision).toBe('pending');
    expect((await ask()).decision).toBe('approved');
  });
});

describe('a file that was changed by hand', () => {
  it.each<[string, (text: string) => string]>([
    ['its definition', (text) => text.replace('"minimumCohort": 8', '"minimumCohort": 1')],
    ['everything', () => 'no JSON'],
    ['its end', (text) => text.slice(0, 100)],
    ['its decision', (text) => text.replace('"approved"', '"yes"')],
    ['its definition, by half a character', (text) => text.replace('"Digits"', '"\\ud800"')],
    ['all of it', () => 'null'],
  ])('in %s approves nothing', async (_, change) => {
    const { hash } = await ask();
    await open().decide(hash, 'approved');
    const text = readFileSync(fileOf(hash), 'utf8');
    expect(change(text)).not.toBe(text);
    writeFileSync(fileOf(hash), change(text));
    const message = `${fileOf(hash)} must hold the task of which it has the name and does not: remove it, and the client asks again`;
    await expect(ask()).rejects.toThrow(new StoreError(message));
    await expect(open().list()).rejects.toThrow(new StoreError(message));
  });

  it('to stand for another task approves nothing', async () => {
    const harmless = await ask();
    await open().decide(harmless.hash, 'approved');
    const other = { ...definition, title: 'Faces' };
    const hash = await definitionHash(other);
    writeFileSync(fileOf(hash), readFileSync(fileOf(harmless.hash)));
    await expect(ask(other)).rejects.toThrow(StoreError);
  });
});

describe('a server that floods the client with definitions', () => {
  it('fills no disk, and pushes out nothing that was decided', async () => {
    const decided = await ask();
    await open().decide(decided.hash, 'approved');
    const titles = Array.from({ length: 110 }, (_, index) => `Digits ${index}`);
    for (const title of titles) await ask({ ...definition, title });
    const records = await open().list();
    expect(records.map((record) => record.definition.title)).toEqual(['Digits', ...titles.slice(10)]);
    expect((await ask()).decision).toBe('approved');
  });

  it('cannot put down one of any size', async () => {
    await expect(ask({ ...definition, description: 'x'.repeat(1_000_000) })).rejects.toThrow(
      new StoreError('a task must be described in at most 1.0 MB, got 1.0 MB'),
    );
    expect(await open().list()).toEqual([]);
  });
});

describe('find', () => {
  it('takes as many digits of the hash as nobody hits by chance', async () => {
    const { hash } = await ask();
    expect(await open().find(hash.slice(0, 12))).toMatchObject({ hash });
    for (const wrong of ['', hash.slice(0, 11), '../../secret', `${hash.slice(0, 12)}/..`, 'digits-1']) {
      await expect(open().find(wrong)).rejects.toThrow(
        new ConfigError(`task must be the first 12 or more digits of its hash, got ${JSON.stringify(wrong)}`),
      );
    }
  });

  it('takes none that begins nothing, or more than one', async () => {
    const { hash } = await ask();
    const none = '0'.repeat(12);
    await expect(open().find(none)).rejects.toThrow(
      new ConfigError(`task must be the hash of one task in ${folder}: no task begins with "${none}"`),
    );
    const twin = hash.slice(0, 60) + (hash.endsWith('0000') ? '1111' : '0000');
    writeFileSync(fileOf(twin), readFileSync(fileOf(hash)));
    await expect(open().find(hash.slice(0, 20))).rejects.toThrow(
      `task must be the hash of one task in ${folder}: 2 tasks begin with "${hash.slice(0, 20)}"`,
    );
  });
});

it('has no tasks before the first, and makes no folder for that', async () => {
  expect(await open().list()).toEqual([]);
  expect(() => readdirSync(folder)).toThrow('ENOENT');
});
