/** A server's registers survive SIGKILL in the middle of writes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openAccess } from '../../src/server/access.js';
import { emptyFolder } from '../helpers/cli.js';

const DIST = new URL('../../dist/', import.meta.url).href;

/** A process that enrols clients, four at a time, revokes some, and says so of each, until it is killed. */
function startEnroller(folder: string) {
  const script = `
    import { randomBytes } from 'node:crypto';
    const { openAccess } = await import('${DIST}server/access.js');
    const { keyIdOf } = await import('${DIST}server/key-id.js');
    const { clients } = await openAccess(${JSON.stringify(folder)});
    const enrolOne = async (count) => {
      const publicKey = randomBytes(32);
      const keyId = keyIdOf(publicKey);
      const { index } = await clients.enrol({ publicKey, keyId }, 'open');
      console.log(JSON.stringify({ keyId, index, status: 'approved' }));
      if (count % 3 > 0) return;
      await clients.revoke(keyId, 'operator ada');
      console.log(JSON.stringify({ keyId, index, status: 'revoked' }));
    };
    for (let count = 0; ; count += 4) await Promise.all([0, 1, 2, 3].map((more) => enrolOne(count + more)));`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('registers whose server is killed in the middle of writes', () => {
  it('lose nothing that was acknowledged, three times', async () => {
    const folder = await emptyFolder();
    const acknowledged = new Map<string, { index: number; status: string }>();
    for (const count of [30, 77, 140]) {
      const child = startEnroller(folder);
      try {
        let lines = 0;
        // What it said before it died is read to the end; half a line was not said.
        for await (const line of createInterface({ input: child.stdout })) {
          if (++lines === count) child.kill('SIGKILL');
          if (!line.endsWith('}')) continue;
          const { keyId, index, status } = JSON.parse(line);
          acknowledged.set(keyId, { index, status });
        }
        expect(lines).toBeGreaterThanOrEqual(count);
      } finally {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      const access = await openAccess(folder);
      try {
        for (const [keyId, { index, status }] of acknowledged) {
          const record = access.clients.find(keyId);
          expect(record?.index).toBe(index);
          // It may have been revoked without the time to say so.
          if (status === 'revoked') expect(record?.status).toBe('revoked');
        }
        const indices = access.clients.list().map(({ index }) => index);
        expect(indices).toEqual([...indices.keys()]);
        expect(access.audit.read({ limit: 1000 }).length).toBeGreaterThanOrEqual(acknowledged.size);
      } finally {
        await access.close();
      }
    }
  });
});
