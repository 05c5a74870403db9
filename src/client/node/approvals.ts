/**
 * Which tasks a person has approved: one file a definition, named by its hash, in a client's folder.
 *
 * A running client asks while a person decides in another process. So no file holds the decisions of two tasks: asking
 * only ever makes a file that is not there, deciding replaces the one it is about, and neither can undo the other.
 *
 * Threat model: a server that changes a definition after its approval (the hash is another one, and nobody has approved
 * that), one that floods the client with definitions (those that nobody decided on are bounded, the oldest give way),
 * and a damaged or swapped file (its content must have the hash that it is named by).
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, StoreError } from '../../errors.js';
import { formatBytes } from '../../format.js';
import type { TaskDefinition } from '../../protocol/messages.js';
import { errorCode, storeFailure } from '../../store/store-failure.js';
import { type Approve, type AskedWith, type Decision, definitionHash } from '../approval.js';
import { createPrivateFile, makePrivateFolder, replacePrivateFile } from './private-file.js';

/** A definition that was asked for, and what was decided. */
export interface TaskRecord extends AskedWith {
  readonly hash: string;
  readonly decision: Decision;
  readonly definition: TaskDefinition;
  /** Whose task it is: the server's URL. */
  readonly server: string;
  /** When the client first met it: milliseconds since 1970. */
  readonly askedAt: number;
  readonly decidedAt?: number;
}

/** The decisions in one folder. */
export interface Approvals {
  /** For `Acceptance.approve` of a client of `server`: a definition not met before is put down as pending. */
  approver(server: string): Approve;
  /** All, the oldest first. */
  list(): Promise<readonly TaskRecord[]>;
  /**
   * The one whose hash begins so.
   *
   * @throws {ConfigError} for fewer than 12 digits, or when there is none, or more than one.
   */
  find(prefix: string): Promise<TaskRecord>;
  /** Decides, or decides anew. Returns the record as it is now. */
  decide(prefix: string, decision: Exclude<Decision, 'pending'>): Promise<TaskRecord>;
}

/** Enough that nobody finds a definition to the same digits in passing. */
const MIN_PREFIX = 12;
const MAX_PENDING = 100;
const MAX_RECORD_BYTES = 1_000_000;
const FILE_NAME = /^([0-9a-f]{64})\.json$/;

/** The approvals in `folder`, which is made when the first task comes. `now` is the clock, milliseconds since 1970. */
export function openApprovals(folder: string, now: () => number = Date.now): Approvals {
  const pathOf = (hash: string) => join(folder, `${hash}.json`);

  const put = async (record: TaskRecord) => {
    const text = JSON.stringify(record, null, 2);
    if (text.length > MAX_RECORD_BYTES) {
      throw new StoreError(
        `a task must be described in at most ${formatBytes(MAX_RECORD_BYTES)}, got ${formatBytes(text.length)}`,
      );
    }
    await makePrivateFolder(folder);
    await makeRoom(folder, pathOf);
    return createPrivateFile(pathOf(record.hash), text);
  };

  const list = async () => {
    const records = await Promise.all((await hashesIn(folder)).map((hash) => readRecord(pathOf(hash), hash)));
    return records.filter((record) => record !== undefined).toSorted((a, b) => a.askedAt - b.askedAt);
  };

  const find = async (prefix: string) => {
    if (!/^[0-9a-f]*$/.test(prefix) || prefix.length < MIN_PREFIX) {
      throw new ConfigError(
        `task must be the first ${MIN_PREFIX} or more digits of its hash, got ${JSON.stringify(prefix)}`,
      );
    }
    const hashes = (await hashesIn(folder)).filter((hash) => hash.startsWith(prefix));
    const [hash] = hashes;
    const record =
      hash !== undefined && hashes.length === 1 ? await readRecord(pathOf(hash), hash) : undefined;
    if (record) return record;
    const got = hashes.length > 1 ? `${hashes.length} tasks begin` : 'no task begins';
    throw new ConfigError(`task must be the hash of one task in ${folder}: ${got} with "${prefix}"`);
  };

  return {
    approver: (server) => async (definition, hash, asked) => {
      const known = await readRecord(pathOf(hash), hash);
      if (known) return known.decision;
      await put({ hash, decision: 'pending', definition, ...asked, server, askedAt: now() });
      return 'pending';
    },
    list,
    find,
    async decide(prefix, decision) {
      const record: TaskRecord = { ...(await find(prefix)), decision, decidedAt: now() };
      await replacePrivateFile(pathOf(record.hash), JSON.stringify(record, null, 2));
      return record;
    },
  };
}

async function hashesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw storeFailure(`${folder} could not be read`, cause);
  }
}

/** Undefined where there is none. */
async function readRecord(path: string, hash: string): Promise<TaskRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw storeFailure(`${path} could not be read`, cause);
  }
  const record = parse(text);
  const found = record && (await definitionHash(record.definition).catch(() => undefined));
  if (record && found === hash) return { ...record, hash };
  throw new StoreError(
    `${path} must hold the task of which it has the name and does not: remove it, and the client asks again`,
  );
}

/** What this file itself relies on is checked, and the definition by its hash. */
function parse(text: string): TaskRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<TaskRecord> | null;
    const decided = ['approved', 'rejected', 'pending'].includes(record?.decision ?? '');
    const whole = decided && typeof record?.askedAt === 'number' && typeof record.definition === 'object';
    return whole ? (record as TaskRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The oldest that nobody has decided on give way to a new one; should they still be wanted, they are asked again. */
async function makeRoom(folder: string, pathOf: (hash: string) => string): Promise<void> {
  const hashes = await hashesIn(folder);
  if (hashes.length < MAX_PENDING) return;
  const records = await Promise.all(
    hashes.map(async (hash) => ({
      hash,
      record: await readRecord(pathOf(hash), hash).catch(() => undefined),
    })),
  );
  const pending = records.flatMap(({ record }) => (record?.decision === 'pending' ? [record] : []));
  const tooMany = pending
    .toSorted((a, b) => a.askedAt - b.askedAt)
    .slice(0, pending.length + 1 - MAX_PENDING);
  for (const { hash } of tooMany) await rm(pathOf(hash), { force: true });
}
