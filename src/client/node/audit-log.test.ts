/** The audit log against those who would like it to say something else. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../errors.js';
import type { AuditEntry } from '../audit-entry.js';
import { type AuditLine, lineHash, NO_LINE, readAuditLog, verifyAuditLog } from './audit-lines.js';
import { AuditLog } from './audit-log.js';

let folder: string;
let logs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-audit-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sending = (round: number): AuditEntry => ({
  type: 'sending',
  kind: 'update',
  server: 'https://a',
  runId: 'digits-1',
  round,
  bytes: 796_840,
  sha256: String(round).padStart(64, '0'),
  exampleCount: 600,
  protection: { transport: 'tls', differentialPrivacy: false, secureAggregation: false, minimumCohort: 8 },
});
const receipt: AuditEntry = {
  type: 'receipt',
  sha256: '4'.padStart(64, '0'),
  outcome: 'accepted',
  detail: '',
};

/** A log of rounds 0 to 3, and a receipt. */
async function written(): Promise<{ path: string; lastHash: string }> {
  const path = join(folder, `${logs++}.jsonl`);
  const log = await AuditLog.open(path, () => Date.UTC(2026, 0, 15));
  for (const round of [0, 1, 2, 3]) await log.append(sending(round));
  await log.append(receipt);
  await log.close();
  return { path, lastHash: log.lastHash };
}

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

async function entriesOf(path: string): Promise<AuditLine[]> {
  const entries: AuditLine[] = [];
  for await (const entry of readAuditLog(path)) entries.push(entry);
  return entries;
}

function edit(path: string, change: (lines: string[]) => string[]): void {
  writeFileSync(
    path,
    change(linesOf(path))
      .map((line) => `${line}\n`)
      .join(''),
  );
}

describe('AuditLog', () => {
  it('keeps entries in order, with the time and the hash of the line before', async () => {
    const { path, lastHash } = await written();
    const lines = linesOf(path);
    expect(lines).toHaveLength(5);
    expect(await entriesOf(path)).toEqual(
      [...[0, 1, 2, 3].map(sending), receipt].map((entry, index) => ({
        time: '2026-01-15T00:00:00.000Z',
        ...entry,
        previous: index === 0 ? NO_LINE : lineHash(Buffer.from(lines[index - 1] ?? '')),
      })),
    );
    expect(await verifyAuditLog(path)).toEqual({ intact: true, lines: 5, lastHash, torn: false });
  });

  it('goes on with the chain after a restart', async () => {
    const { path } = await written();
    const log = await AuditLog.open(path);
    await log.append(sending(4));
    await log.close();
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 6, lastHash: log.lastHash });
  });

  it('writes calls that overlap as whole lines, in their order', async () => {
    const path = join(folder, `${logs++}.jsonl`);
    const log = await AuditLog.open(path);
    await Promise.all(Array.from({ length: 30 }, (_, round) => log.append(sending(round))));
    await log.close();
    expect((await entriesOf(path)).map((line) => line.sha256)).toEqual(
      Array.from({ length: 30 }, (_, round) => String(round).padStart(64, '0')),
    );
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 30 });
  });

  it.skipIf(process.platform === 'win32')('is for its owner alone', async () => {
    const { path } = await written();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([1, 40, 200])('cuts off the %d bytes of half a line that a killed process left', async (bytes) => {
    const { path, lastHash } = await written();
    appendFileSync(path, JSON.stringify({ time: '', ...sending(4), previous: lastHash }).slice(0, bytes));
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 5, torn: true });
    const log = await AuditLog.open(path);
    await log.append(sending(5));
    await log.close();
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 6, torn: false });
  });

  it('begins anew where the first line was half written', async () => {
    const path = join(folder, `${logs++}.jsonl`);
    writeFileSync(path, '{"time":');
    const log = await AuditLog.open(path);
    await log.append(sending(0));
    await log.close();
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 1 });
  });

  it.each([['\n'], ['{}\n'], ['no entry\n'], ['x'.repeat(70_000)], ['x'.repeat(200_000)]])(
    'does not write after what is no entry',
    async (text) => {
      const path = join(folder, `${logs++}.jsonl`);
      writeFileSync(path, text);
      await expect(AuditLog.open(path)).rejects.toThrow(
        new StoreError(`${path} is damaged: its last line is no entry`),
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('notices that another process writes, too', async () => {
    const { path } = await written();
    const [first, second] = [await AuditLog.open(path), await AuditLog.open(path)];
    await first.append(sending(4));
    await expect(second.append(sending(4))).rejects.toThrow('must be written by one process only');
    await first.append(sending(5));
    await Promise.all([first.close(), second.close()]);
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 7 });
  });

  it('refuses an entry that no reader would take', async () => {
    const { path } = await written();
    const log = await AuditLog.open(path);
    await expect(log.append({ ...receipt, detail: 'x'.repeat(70_000) })).rejects.toThrow(
      'an entry of the audit log must have at most 65536 bytes',
    );
    await log.append(sending(4));
    await log.close();
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 6 });
  });
});

describe('verifyAuditLog', () => {
  const between = (line: number) =>
    `it does not fit line ${line - 1}: one of the two was changed, or lines between them are missing or were added`;
  const first = 'it is not the first line of a log: lines before it are missing, or it was changed';

  it.each<[string, (lines: string[]) => string[], number, string]>([
    ['a figure is changed', (lines) => lines.with(1, lines[1]!.replace('796840', '1')), 3, between(3)],
    ['the first line is changed', (lines) => lines.with(0, lines[0]!.replace('600', '6')), 2, between(2)],
    ['a space is added', (lines) => lines.with(2, `${lines[2]} `), 4, between(4)],
    ['a line is removed', (lines) => lines.toSpliced(2, 1), 3, between(3)],
    ['the first line is removed', (lines) => lines.slice(1), 1, first],
    [
      'two lines are exchanged',
      (lines) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)],
      2,
      between(2),
    ],
    ['a line is put in again', (lines) => lines.toSpliced(2, 0, lines[1]!), 3, between(3)],
    [
      'a line is put in that fits the one before',
      (lines) => lines.toSpliced(2, 0, lines[2]!.replace('"round":2', '"round":9')),
      4,
      between(4),
    ],
    ['a line is damaged', (lines) => lines.with(3, lines[3]!.slice(5)), 4, 'it is no entry'],
    ['a line is emptied', (lines) => lines.with(3, ''), 4, 'it is no entry'],
    [
      'a line is blown up',
      (lines) => lines.with(3, lines[3]!.replace('digits', 'digits'.repeat(12_000))),
      4,
      'it is no entry',
    ],
  ])('finds the first broken line where %s', async (_, change, line, reason) => {
    const { path } = await written();
    edit(path, change);
    expect(await verifyAuditLog(path)).toEqual({ intact: false, line, reason });
  });

  it('finds a single bit that is not as it was, anywhere before the last line', async () => {
    const { path } = await written();
    const bytes = readFileSync(path);
    const end = bytes.lastIndexOf(10, -2);
    for (let at = 0; at <= end; at += 97) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 1;
      writeFileSync(path, damaged);
      expect(await verifyAuditLog(path), `bit of byte ${at}`).toMatchObject({ intact: false });
    }
  });

  it('finds a cut end, or a changed last line, by a hash that was kept elsewhere', async () => {
    const { path, lastHash } = await written();
    edit(path, (lines) => lines.slice(0, -1));
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 4 });
    expect(await verifyAuditLog(path, lastHash)).toEqual({
      intact: false,
      line: 5,
      reason: `no line has the hash ${lastHash}: the end is missing`,
    });
    const { path: grown, lastHash: earlier } = await written();
    const log = await AuditLog.open(grown);
    await log.append(sending(4));
    await log.close();
    expect(await verifyAuditLog(grown, earlier)).toMatchObject({ intact: true, lines: 6 });
  });

  it('reads a log of any length', async () => {
    const path = join(folder, `${logs++}.jsonl`);
    const log = await AuditLog.open(path);
    await Promise.all(Array.from({ length: 400 }, (_, round) => log.append(sending(round))));
    await log.close();
    expect(statSync(path).size).toBeGreaterThan(2 * 65_536);
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, lines: 400 });
    const again = await AuditLog.open(path);
    expect(again.lastHash).toBe(log.lastHash);
    await again.close();
  });

  it('says which file cannot be read', async () => {
    const path = join(folder, 'none.jsonl');
    await expect(verifyAuditLog(path)).rejects.toThrow(
      new StoreError(`${path} could not be read: it does not exist`),
    );
  });
});
