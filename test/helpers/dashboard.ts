/** A server with the pages that `npm run build` has made, and clients that learn drawn digits. */
import { fileURLToPath } from 'node:url';
import type { ServerOptions } from '../../src/server/server.js';
import { digitsOf, startFederation, type TestFederation } from './federation.js';

/** The pages as they were built. */
export const builtPages = { web: fileURLToPath(new URL('../../dist/web', import.meta.url)) };

/** Settings of a run that takes a moment. */
export const quickRun = {
  ...{ model: 'logistic', data: 'digits', examples: 400, rounds: 200 },
  ...{ cohort: 3, overSelection: 1, selectionMs: 1000, deadlineMs: 60_000 },
} as const;

/** Starts a server that shows the dashboard. */
export function startDashboard(options: Partial<ServerOptions> = {}, port = 0): Promise<TestFederation> {
  return startFederation({ pages: builtPages, ...options }, port);
}

/** Clients that train whatever is asked for. */
export async function joinDigits(federation: TestFederation, count: number): Promise<void> {
  const data = await digitsOf(count, 40 * count, 3);
  for (const [index, own] of data.entries()) await federation.join(index, { data: own });
}
