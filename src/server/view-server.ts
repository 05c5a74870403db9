/**
 * The pages over a folder of runs, without a server of clients: to look at simulations, also at one that goes on in this
 * process. Nothing can be changed.
 *
 * Threat: it listens on loopback, where every program and, through a browser, every page of this machine reaches it. So
 * it asks for a token, as a server does, which is made anew each time and told to whoever started it; its one identity
 * looks and does not act.
 */
import { DATASET_NAMES } from '../datasets/load-dataset.js';
import { modelNames } from '../learn/model.js';
import { PROTOCOL_VERSION } from '../protocol/http.js';
import { listRuns } from '../store/stored-run.js';
import type { ServerOverview } from './control-messages.js';
import { controlRoute } from './control-routes.js';
import { controlRunViews } from './control-run-views.js';
import { withEdge } from './edge.js';
import { type Handler, jsonResponse } from './http.js';
import { createOperatorGate } from './operator-gate.js';
import type { Identity } from './operators.js';
import { type PageOptions, pageRoutes } from './pages.js';
import { createRouter } from './routes.js';
import { createRunFeed } from './run-feed.js';
import type { OpenRun } from './run-overview.js';
import { hashToken, newToken, sameHash } from './secret-token.js';
import { type ViewedRun, viewedRun } from './viewed-run.js';

/** What is shown, and where the pages lie if not where the build puts them. */
export interface ViewOptions {
  readonly folder: string;
  readonly software?: string;
  readonly pages?: Pick<PageOptions, 'web' | 'browser' | 'ort'>;
  readonly onFailure?: (error: unknown) => void;
}

/** The pages, without a port. */
export interface ViewServer {
  readonly handler: Handler;
  /** Lets a viewer in. */
  readonly token: string;
  /** Shows a run while it goes on; one at a time. */
  watch(): ViewedRun;
  close(): void;
}

const VIEWER: Identity = { name: 'viewer', role: 'viewer' };

export function createViewServer({
  folder,
  software = 'tessera',
  pages,
  onFailure = () => {},
}: ViewOptions): ViewServer {
  const token = newToken('operator');
  const hash = hashToken(token);
  const now = () => performance.now();
  const gate = createOperatorGate({
    operators: { signIn: (bearer) => (sameHash(hashToken(bearer), hash) ? VIEWER : undefined) },
    audit: { recordRefusal: async () => {} },
    now,
  });
  const feed = createRunFeed();
  const open = new Map<string, OpenRun>();
  const source = {
    feed,
    list: () => listRuns(folder),
    open: (runId: string) => open.get(runId),
    nameOf: () => '',
  };
  const overview = (operator: Identity): ServerOverview => ({
    ...{ type: 'view', operator, software, protocol: PROTOCOL_VERSION, enrolment: null },
    clients: { pending: 0, approved: 0, revoked: 0 },
    ...{ present: 0, openChannels: 0, openRuns: [...open.keys()] },
    ...{ models: modelNames, datasets: DATASET_NAMES },
  });
  const nobody = () => jsonResponse({ items: [], next: null });
  const routes = [
    controlRoute(gate, 'GET', '', (_, __, operator) => jsonResponse(overview(operator))),
    controlRoute(gate, 'GET', '/clients', nobody),
    ...controlRunViews(source, gate),
    ...pageRoutes({ ...pages, join: false }),
  ];
  const router = createRouter(routes, { onAnswer: () => {}, onFailure, now });
  return {
    token,
    handler: withEdge(router, []),
    watch: () => viewedRun(feed, open),
    close: () => feed.close(),
  };
}
