import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPainter } from './painter.js';

const FRAME_MS = 16;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('requestAnimationFrame', (paint: () => void) => setTimeout(paint, FRAME_MS));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Asks every millisecond for a second. */
async function paintsInASecond(paintMs: number): Promise<number> {
  const paint = vi.fn(() => void vi.advanceTimersByTime(paintMs));
  const painter = createPainter(paint);
  for (const until = performance.now() + 1000; performance.now() < until; ) {
    painter.ask();
    await vi.advanceTimersByTimeAsync(1);
  }
  painter.stop();
  return paint.mock.calls.length;
}

it('paints once a frame, however often it is asked', async () => {
  const paints = await paintsInASecond(0);
  expect(paints).toBeGreaterThan(40);
  expect(paints).toBeLessThan(65);
});

it('paints not at all unless it is asked, nor after it was stopped', async () => {
  const paint = vi.fn();
  const painter = createPainter(paint);
  await vi.advanceTimersByTimeAsync(1000);
  painter.ask();
  painter.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(paint).not.toHaveBeenCalled();
});

it('leaves half of the time to all else where painting takes long', async () => {
  const paints = await paintsInASecond(100);
  expect(paints).toBeGreaterThanOrEqual(4);
  expect(paints).toBeLessThanOrEqual(5);
});
