/** The server: routes over a federation and its runs, what is counted and logged of them, one way to close it all. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { openAccess } from './access.js';
import { clientRoutes } from './client-routes.js';
import { controlRoutes } from './control-routes.js';
import { controlRunRoutes } from './control-run-routes.js';
import { controlRunViews, type RunSource } from './control-run-views.js';
import { type AllowedOrigins, checkOrigins, withEdge } from './edge.js';
import type { EnrolmentPolicy } from './enrol.js';
import { createFederation, type Federation } from './federation.js';
import type { Handler } from './http.js';
import { noteAnswers, routeName, withSpan } from './instruments.js';
import { createLog, type Log } from './log.js';
import { createMetrics } from './metrics.js';
import { createNodeServer, type TlsFiles } from './node-adapter.js';
import { createOidc, type OidcSettings } from './oidc.js';
import { createOperatorGate } from './operator-gate.js';
import { type PageOptions, pageRoutes } from './pages.js';
import { createRouter } from './routes.js';
import { openRoundOf, overviewOfOpen } from './run-overview.js';
import { createRuns, type Runs } from './runs.js';
import type { ServedRun } from './served-run.js';
import { type MetricsPolicy, serviceRoutes } from './service-routes.js';

/** What a server is told. */
export interface ServerOptions {
  /** The folder of runs, and of the server's database. */
  readonly folder: string;
  /** Who gets in without an invitation; default: whom an operator approves. */
  readonly enrolment?: EnrolmentPolicy;
  readonly graceMs?: number;
  readonly software?: string;
  /** Pages of these origins may speak to the server; default none. */
  readonly allowOrigins?: AllowedOrigins;
  /** Default: operators and viewers. */
  readonly metrics?: MetricsPolicy;
  /** An identity provider whose users may be operators; default: only tokens hold. */
  readonly oidc?: OidcSettings;
  /** Default: silent. */
  readonly log?: Log;
  /** Where the pages lie, if not where the build puts them. */
  readonly pages?: Pick<PageOptions, 'web' | 'browser' | 'ort'>;
  readonly onNotice?: (notice: string) => void;
  readonly onEvent?: (runId: string, event: RunEvent) => void;
  readonly onFailure?: (error: unknown) => void;
}

/** A server without a port: `handler` answers, runs go on by themselves. */
export interface FederationServer {
  readonly handler: Handler;
  readonly federation: Federation;
  /** The first operator's token, at the first start on a folder only. */
  readonly firstToken?: string;
  /** Opens a new run. @throws {ConfigError} or {StoreError} when it cannot be. */
  startRun(settings: unknown): Promise<ServedRun>;
  /** Goes on with all runs of the folder that have not ended; those that cannot are told to `onFailure`. */
  resumeRuns(): Promise<readonly ServedRun[]>;
  /** Ends gracefully: open rounds are continued by the next server on this folder. A second call does nothing. */
  close(): Promise<void>;
}

/** A server on its folder. */
export async function createFederationServer(options: ServerOptions): Promise<FederationServer> {
  const { folder, enrolment = 'approval', graceMs, software = 'tessera', allowOrigins = [] } = options;
  const { metrics: policy = 'operators', log = createLog('silent') } = options;
  const { onNotice = () => {}, onEvent = () => {} } = options;
  checkOrigins(allowOrigins);
  const oidc = options.oidc && createOidc(options.oidc);
  const now = () => performance.now();
  // Never set back while the server runs: what was refused as a replay must stay refused.
  const origin = Date.now() - now();
  const time = () => Math.round(origin + now());
  const isFresh = !existsSync(folder);
  const access = await openAccess(folder);
  const onFailure = (error: unknown) => {
    log.error('Something failed', { error });
    options.onFailure?.(error);
  };
  const { clients, operators, audit } = access;
  let closing: Promise<void> | undefined;
  let openChannels = () => 0;
  const routeNames: string[] = [];
  const metrics = createMetrics(routeNames, { clients: clients.counts, channels: () => openChannels() });
  const federation = createFederation({
    ...{ access, enrolment, software, metrics, isFresh, now, time },
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  openChannels = () => federation.wakes.open;
  const runs = createRuns({
    ...{ folder, federation, onNotice, onFailure },
    onEvent(runId, event) {
      if (event.type === 'round-finished') {
        metrics.roundFinished(event.outcome, event.wallMs);
        const { round, outcome, wallMs: durationMs, trainedCount: count } = event;
        log.info('Round finished', { runId, round, outcome, durationMs, count });
      }
      if (event.type === 'run-started' || event.type === 'run-resumed') log.info('Run opened', { runId });
      if (event.type === 'run-finished') log.info('Run finished', { runId, outcome: event.reason });
      onEvent(runId, event);
    },
  });
  const gate = createOperatorGate({ operators, audit, oidc, now });
  const isClosing = () => closing !== undefined;
  const routes = [
    ...clientRoutes(federation),
    ...controlRoutes(federation, gate),
    ...controlRunViews(runsOf(federation, runs), gate),
    ...controlRunRoutes(federation, runs, gate),
    ...serviceRoutes({ federation, gate, metrics, policy, isClosing }),
    ...pageRoutes({ ...options.pages, shared: allowOrigins.length > 0 }),
  ].map(withSpan);
  routeNames.push(...routes.map(routeName));
  const router = createRouter(routes, { onAnswer: noteAnswers(metrics, log), onFailure, now });
  return {
    federation,
    handler: withEdge(router, allowOrigins),
    ...(access.firstToken === undefined ? {} : { firstToken: access.firstToken }),
    startRun: runs.start,
    resumeRuns: runs.resumeAll,
    close() {
      closing ??= (async () => {
        runs.feed.close();
        await federation.close();
      })();
      return closing;
    },
  };
}

function runsOf(federation: Federation, { list, feed }: Runs): RunSource {
  return {
    ...{ list, feed },
    open(runId) {
      const run = federation.runs.get(runId);
      return run && { overview: () => overviewOfOpen(run), round: () => openRoundOf(run.host) };
    },
    nameOf: (clientId) => federation.access.clients.at(clientId)?.name ?? '',
  };
}

const MAX_PORT = 65_535;

/** Lets the handler answer on a port; returns the address that it has. */
export async function listen(
  handler: Handler,
  { host = '127.0.0.1', port = 0, tls }: { host?: string; port?: number; tls?: TlsFiles },
): Promise<{ readonly server: Server; readonly url: string }> {
  if (!(Number.isInteger(port) && port >= 0 && port <= MAX_PORT)) {
    throw new ConfigError(`port must be an integer from 0 to ${MAX_PORT}, got ${port}`);
  }
  const server = createNodeServer(handler, tls);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { server, url: `${tls ? 'https' : 'http'}://${name}:${address.port}` };
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): ConfigError {
  const why = cause.code === 'EADDRINUSE' ? 'which is in use' : cause.message;
  return new ConfigError(`port must be one that is free on ${host}, got ${port}, ${why}`, { cause });
}
