/** Tests that need real data files: skipped with a reason where there are none, failed where all must run. */
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
  const { CI, TESSERA_DATA, TESSERA_REQUIRE_ALL } = process.env;
  const folder = TESSERA_DATA ? join(TESSERA_DATA, name) : undefined;
  if (folder && existsSync(folder)) {
    describe(`with the files of ${name}`, () => define(folder));
    return;
  }
  const reason = folder ? `${folder} does not exist` : 'TESSERA_DATA is not set';
  if (CI === 'true' || TESSERA_REQUIRE_ALL === '1') {
    it(`runs with the files of ${name}`, () => {
      throw new Error(`the tests of ${name} must run here, but ${reason}`);
    });
  } else {
    describe.skip(`with the files of ${name} (skipped: ${reason})`, () => it('is skipped', () => {}));
  }
}
