/** Tests of reading a log in parts. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOG_START, type LogPlace, readLogPart } from './log-part.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-log-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readAll(bounds: Parameters<typeof readLogPart>[2] = {}, start: LogPlace = LOG_START) {
  const lines: (readonly [number, string])[] = [];
  let place = start;
  let parts = 0;
  for (;;) {
    const part = await readLogPart(path, place, bounds);
    lines.push(...part.lines.map(({ number, text }) => [number, text] as const));
    place = part.after;
    parts++;
    if (part.atEnd) return { lines, place, parts };
  }
}

describe('a log in parts', () => {
  it('has all lines in order, however long it is and wherever a part ends', async () => {
    const texts = Array.from({ length: 5000 }, (_, index) => `${index} ${'ä'.repeat(index % 97)}`);
    await writeFile(path, texts.map((text) => `${text}\n`).join(''));
    const { lines, place, parts } = await readAll();
    expect(lines).toEqual(texts.map((text, index) => [index + 1, text]));
    expect(place.line).toBe(5000);
    expect(parts).toBeGreaterThan(2);
  });

  it('has a line that is longer than a part', async () => {
    const long = 'x'.repeat(200_000);
    await writeFile(path, `a\n${long}\nb\n`);
    expect((await readAll()).lines).toEqual([
      [1, 'a'],
      [2, long],
      [3, 'b'],
    ]);
  });

  it('leaves half a line for later, and goes on where it stood', async () => {
    await writeFile(path, 'a\nb\nhal');
    const first = await readAll();
    expect(first.lines).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    await appendFile(path, 'f\nc\n');
    expect((await readAll({}, first.place)).lines).toEqual([
      [3, 'half'],
      [4, 'c'],
    ]);
  });

  it('passes over the first lines, and leaves what is not to be seen yet', async () => {
    await writeFile(path, 'a\nb\nc\nd\n');
    const seen = await readAll({ from: 1, until: 3 });
    expect(seen.lines).toEqual([
      [2, 'b'],
      [3, 'c'],
    ]);
    expect((await readAll({ until: 4 }, seen.place)).lines).toEqual([[4, 'd']]);
    const none = await readAll({ from: 9 });
    expect([none.lines, none.place.line]).toEqual([[], 4]);
  });

  it('is empty where there is no file yet, and an error where it cannot be read', async () => {
    expect(await readAll()).toMatchObject({ lines: [], place: LOG_START });
    await expect(readLogPart(folder, LOG_START)).rejects.toThrow(`${folder} could not be read`);
  });
});
