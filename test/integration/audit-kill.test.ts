/** A client that is killed in the middle of sending: what it noted is there, and the chain goes on. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyAuditLog } from '../../src/client/node/audit-lines.js';

const LOG = new URL('../../dist/client/node/audit-log.js', import.meta.url).href;

/** Appends without end, and says after each line that it is on the disk. */
const WRITER = `
  import { AuditLog } from ${JSON.stringify(LOG)};
  const log = await AuditLog.open(process.argv[1]);
  for (let sent = 1; ; sent++) {
    await log.append({ type: 'receipt', sha256: '00', outcome: 'accepted', detail: 'x'.repeat(sent % 500) });
    process.stdout.write(sent + '\\n');
  }`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-audit-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('loses no line that it was told is written, however often it is killed', async () => {
  const path = join(folder, 'audit.jsonl');
  let [told, lastHash] = [0, '0'.repeat(64)];
  for (const lines of [1, 7, 20, 40]) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(writer, 'exit');
    let sent = 0;
    for await (const line of createInterface(writer.stdout)) {
      sent = Number(line);
      if (sent >= lines) writer.kill('SIGKILL');
    }
    await ended;
    told += sent;
    const check = await verifyAuditLog(path, lastHash);
    expect(check).toMatchObject({ intact: true });
    if (!check.intact) return;
    expect(check.lines).toBeGreaterThanOrEqual(told);
    // At most the line that was under way when it was killed.
    expect(check.lines).toBeLessThanOrEqual(told + 1);
    [told, lastHash] = [check.lines, check.lastHash];
  }
});
