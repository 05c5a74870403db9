/** Tests that need what not every machine has: skipped with a reason where it is missing, failed where all must run. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';

/**
 * As `describe`, for tests that read the folder `name` inside the folder that TESSERA_DATA names. Where it is not
 * there, the tests are skipped, or, with CI=true or TESSERA_REQUIRE_ALL=1, fail.
 *
 * @param define is handed the folder `name`
 */
export function describeWithData(name: string, define: (folder: string) => void): void {
  const { TESSERA_DATA } = process.env;
  const folder = TESSERA_DATA ? join(TESSERA_DATA, name) : undefined;
  if (folder && existsSync(folder)) {
    describe(`with the files of ${name}`, () => define(folder));
    return;
  }
  const reason = folder ? `${folder} does not exist` : 'TESSERA_DATA is not set';
  if (mustRunAll()) {
    it(`runs with the files of ${name}`, () => {
      throw new Error(`the tests of ${name} must run here, but ${reason}`);
    });
  } else {
    describe.skip(`with the files of ${name} (skipped: ${reason})`, () => it('is skipped', () => {}));
  }
}

/** As `describe`, for tests that need `python3` with numpy: skipped with a reason, or failed, as above. */
export function describeWithPython(name: string, define: () => void): void {
  const { status, error } = spawnSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' });
  if (status === 0) {
    describe(name, define);
    return;
  }
  const reason = error ? 'there is no python3' : 'python3 has no numpy';
  if (mustRunAll()) {
    it(`runs ${name}`, () => {
      throw new Error(`the tests of ${name} must run here, but ${reason}`);
    });
  } else {
    describe.skip(`${name} (skipped: ${reason})`, () => it('is skipped', () => {}));
  }
}

function mustRunAll(): boolean {
  return process.env.CI === 'true' || process.env.TESSERA_REQUIRE_ALL === '1';
}
