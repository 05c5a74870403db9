/** A server's registers for tests: a folder of their own, a clock that stands still, and what they refuse. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { Refusal } from '../../src/protocol/problem.js';
import { type Access, type AccessSettings, openAccess } from '../../src/server/access.js';

/** The registers of the test that runs. */
export interface Registers {
  access: Access;
  folder: string;
  /** Milliseconds since 1970. */
  time: number;
  /** As after a restart of the server. */
  reopen(settings?: AccessSettings): Promise<void>;
  /** An invitation to the population `clinics` unless said otherwise. */
  invite(more?: object): ReturnType<Access['invitations']['invite']>;
}

/** Opens registers before each test and closes them after it. */
export function registers(): Registers {
  const open = (settings: AccessSettings = {}) => {
    return openAccess(held.folder, { now: () => held.time, ...settings });
  };
  const held = {
    reopen: async (settings) => {
      await held.access.close();
      held.access = await open(settings);
    },
    invite: (more) => held.access.invitations.invite({ population: 'clinics', ...more }, 'operator ada'),
  } as Registers;
  beforeEach(async () => {
    held.folder = await mkdtemp(join(tmpdir(), 'tessera-access-'));
    held.time = 1_700_000_000_000;
    held.access = await open();
  });
  afterEach(async () => {
    await held.access.close();
    await rm(held.folder, { recursive: true, force: true });
  });
  return held;
}

/** The refusal with which something ends. */
export async function refusalOf(answer: Promise<unknown>): Promise<Refusal> {
  const error = await answer.then(
    () => expect.unreachable('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
}

/** The code of that refusal. */
export const problemOf = async (answer: Promise<unknown>) => (await refusalOf(answer)).problem;
