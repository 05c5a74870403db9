/** Tests in a real Chromium: skipped with a reason where there is none, failed where all must run. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { chromiumPlaces, chromiumProgram, launchChromium } from './chromium.js';

/** As for tests: a busy machine may take several times as long, and what hangs ends all the same. */
const PATIENCE_MS = 120_000;

/**
 * As `describe`, in a browser of its own. Where Chromium is not installed, the tests are skipped, or, with CI=true or
 * TESSERA_REQUIRE_ALL=1, fail.
 *
 * @param define is handed a function that opens a page, which is closed when its test ends
 */
export function describeInChromium(
  name: string,
  words: readonly string[],
  define: (open: (url: string, prepare?: (page: Page) => Promise<unknown>) => Promise<Page>) => void,
): void {
  if (!chromiumProgram) {
    const { CI, TESSERA_REQUIRE_ALL } = process.env;
    if (CI === 'true' || TESSERA_REQUIRE_ALL === '1') {
      it(`runs ${name}`, () => {
        throw new Error(`these tests must run here, but none of ${chromiumPlaces.join(', ')} is installed`);
      });
    } else {
      describe.skip(`${name} (skipped: no Chromium is installed)`, () => it('is skipped', () => {}));
    }
    return;
  }
  describe(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(words);
    });
    afterAll(() => browser.close());
    define(async (url, prepare) => {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await prepare?.(page);
      await page.goto(url);
      return page;
    });
  });
}
