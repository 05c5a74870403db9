/** Waiting between attempts: longer each time, and the reader sees until when. */
import { backOffMs } from '../../../../src/client/back-off.js';
import { retryAt } from './api.js';

const BACK_OFF = { initialMs: 1000, maxMs: 15_000, factor: 2 };

/** Waits before attempt `failures` + 1; says so on the page. Ends early where the reader asks for it, or `signal` does. */
export async function waitToRetry(failures: number, signal: AbortSignal): Promise<void> {
  const waitMs = backOffMs(BACK_OFF, failures, Math.random());
  retryAt.value = Date.now() + waitMs;
  await pause(waitMs, signal);
}

const waiting = new Set<() => void>();

/** Whoever waits tries again now. */
export function retryNow(): void {
  for (const end of [...waiting]) end();
}

/** So many milliseconds, or until `signal` or `retryNow` ends them. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      waiting.delete(end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    waiting.add(end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
