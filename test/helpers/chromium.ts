/** The Chromium that is installed, for tests and benches. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where it is looked for. */
export const chromiumPlaces: readonly string[] = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium-browser',
];

/** Its program, where one is installed. */
export const chromiumProgram = chromiumPlaces.find(existsSync);

/** Starts it without a window; `words` are its flags. */
export function launchChromium(words: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumProgram ?? '',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', ...words],
  });
}
