import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { EventLog, readLog } from './event-log.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-log-'));
  path = join(directory, 'events.jsonl');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function event(round: number, reason = 'é'): RunEvent {
  return { type: 'client-failed', round, clientId: 3, reason };
}

const line = (round: number) => `{"type":"client-failed","round":${round},"clientId":3,"reason":"é"}\n`;

describe('EventLog', () => {
  it('writes one JSON object a line, in the order of the calls', async () => {
    const { log, events } = await EventLog.open(path);
    expect(events).toEqual([]);
    await Promise.all([
      log.append([event(0, 'x'.repeat(100_000))], false),
      log.append([event(1)], true),
      log.append([event(2), event(3)], false),
      log.append([], true),
    ]);
    await log.close();
    const [, ...rest] = (await readFile(path, 'utf8')).split(/(?<=\n)/);
    expect(rest).toEqual([line(1), line(2), line(3)]);
  });

  it('goes on after the last full line when it is opened again', async () => {
    await writeFile(path, `${line(0)}${line(1)}{"type":"client-fai`);
    const { log, events } = await EventLog.open(path);
    expect(events).toEqual([event(0), event(1)]);
    expect(await readFile(path, 'utf8')).toBe(line(0) + line(1));
    await log.append([event(2)], false);
    await log.close();
    expect(await readFile(path, 'utf8')).toBe(line(0) + line(1) + line(2));
  });

  it('keeps only the first events, and goes on from there', async () => {
    const { log } = await EventLog.open(path);
    await log.append([event(0), event(1), event(2)], false);
    await log.truncateAfter(5);
    expect(await readFile(path, 'utf8')).toBe(line(0) + line(1) + line(2));
    await log.truncateAfter(1);
    await log.append([event(7)], false);
    expect(await readFile(path, 'utf8')).toBe(line(0) + line(7));
    await log.truncateAfter(0);
    expect(await readFile(path, 'utf8')).toBe('');
    await log.close();
  });

  it('waits for writes under way before it closes, and then refuses', async () => {
    const { log } = await EventLog.open(path);
    const pending = log.append([event(0)], true);
    await log.close();
    await pending;
    await expect(log.append([event(1)], false)).rejects.toThrow(
      new StoreError(`${path} could not be written: it is closed already`),
    );
    expect(await readFile(path, 'utf8')).toBe(line(0));
  });

  it('says why a log cannot be opened', async () => {
    const elsewhere = join(directory, 'missing', 'events.jsonl');
    await expect(EventLog.open(elsewhere)).rejects.toThrow(
      new StoreError(`${elsewhere} could not be opened: it does not exist`),
    );
  });
});

describe('readLog', () => {
  it('tells half a line from full ones and changes nothing', async () => {
    const content = `${line(0)}{"type"`;
    await writeFile(path, content);
    expect(await readLog(path)).toEqual({
      events: [event(0)],
      ends: [Buffer.byteLength(line(0))],
      torn: true,
    });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('takes a missing log for an empty one', async () => {
    expect(await readLog(path)).toEqual({ events: [], ends: [], torn: false });
  });

  it.each([
    'not JSON',
    '',
    'null',
    '[]',
    '"text"',
    '{"type":1}',
    '{"type":"round-finished","round":1}',
    '{"type":"round-finished","round":-1,"modelSha256":""}',
    '{"type":"round-finished","round":"../1","modelSha256":""}',
    '{"type":"round-started","round":1,"goal":1}',
    '{"type":"round-started","round":1,"cohort":[1],"goal":1.5}',
    '{"type":"round-started","round":1,"cohort":[0,"1"],"goal":1}',
    '{"type":"round-started","round":-1,"cohort":[0],"goal":1}',
  ])('refuses the full line %s and names it', async (bad) => {
    await writeFile(path, `${line(0)}${bad}\n${line(2)}`);
    await expect(readLog(path)).rejects.toThrow(
      new StoreError(`${path} is damaged: line 2 must be an event`),
    );
    await expect(EventLog.open(path)).rejects.toThrow(StoreError);
  });

  it('says why a log cannot be read', async () => {
    await expect(readLog(directory)).rejects.toThrow(
      new StoreError(`${directory} could not be read: a directory is in the way`),
    );
  });
});
