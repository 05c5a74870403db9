/** How long a page was held up. */
import type { Page } from 'playwright-core';

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds that the thread has calculated. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** By which the traced page is told from others. */
const MARK = 'traced';

/**
 * The longest task of the page's main thread while `work` runs, in milliseconds that it calculated. What it waited
 * for a core that other processes had is not counted: that says nothing about the page.
 */
export async function longestTaskMs(page: Page, work: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const threads = new Map<string, string | undefined>();
  for (const { ph, name, pid, tid, args } of traceEvents) {
    if (ph === 'M' && name === 'thread_name') threads.set(`${pid} ${tid}`, args?.name);
  }
  // Other pages of the browser have main threads too.
  const own = traceEvents.find(({ name }) => name === MARK)?.pid;
  const tasks = traceEvents.filter(
    ({ ph, pid, tid, tdur }) =>
      ph === 'X' && pid === own && threads.get(`${pid} ${tid}`) === 'CrRendererMain' && tdur,
  );
  if (tasks.length === 0) throw new Error('the page must have had a task, got none');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000));
}
