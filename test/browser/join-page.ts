/** What people do on the join page: draw digits as a hand does, keep them, switch on. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { DIGIT_SKELETONS } from '../../src/data/digit-skeletons.js';
import { watchPage } from './dashboard-page.js';

/** Waits for what a page comes to, on a machine that may be busy. */
export function eventually<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: 60_000, interval: 100 });
}

/** Complaints of a page: what its policy refuses, errors, and requests to elsewhere. */
export async function watchJoin(page: Page): Promise<string[]> {
  const complaints = await watchPage(page);
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol === 'data:' || url.protocol === 'blob:' || page.url() === 'about:blank') return;
    if (url.origin !== new URL(page.url()).origin) complaints.push(`a request to ${url.origin}`);
  });
  return complaints;
}

/** Draws a digit on the pad with the mouse, in one of its handwritings. */
export async function drawDigit(page: Page, digit: number, handwriting = 0): Promise<void> {
  const pad = page.getByRole('application', { name: 'Drawing area' });
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const strokes = DIGIT_SKELETONS[digit]?.[handwriting];
  if (!box || !strokes) throw new Error('there is no pad, or no such digit');
  for (const stroke of strokes) {
    for (let index = 0; index < stroke.length; index += 2) {
      const [x = 0, y = 0] = [stroke[index], stroke[index + 1]];
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
      if (index === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

/** Says what the drawing on the pad is. */
export function chooseLabel(page: Page, digit: number): Promise<void> {
  return page.locator('.label-buttons label').nth(digit).click();
}

/** Draws one and keeps it. */
export async function keepDigit(page: Page, digit: number, handwriting = 0): Promise<void> {
  const before = await keptCount(page);
  await drawDigit(page, digit, handwriting);
  await chooseLabel(page, digit);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await eventually(() => keptCount(page)).toBe(before + 1);
}

/** How many drawings are shown as kept. */
export function keptCount(page: Page): Promise<number> {
  return page.locator('.thumbs li').count();
}

/** The switch. */
export function theSwitch(page: Page) {
  return page.getByRole('switch', { name: 'Take part' });
}

/** What the page says of itself, in one sentence. */
export async function statusOf(page: Page): Promise<string> {
  return (await page.locator('#take-part-status').textContent()) ?? '';
}

/** The start of the name of the device's key, as the page shows it; '' before there is one. */
export async function keyOf(page: Page): Promise<string> {
  return /key only: (\S+)…/.exec((await page.locator('.proof-foot').textContent()) ?? '')?.[1] ?? '';
}
