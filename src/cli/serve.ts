/** A server's life in a process: port, folder, runs, and a graceful end. */
import { Server as TlsServer } from 'node:https';
import { Refusal } from '../protocol/problem.js';
import type { RunEvent, RunStarted } from '../round/run-events.js';
import { type Handler, problemResponse } from '../server/http.js';
import { createLog, type LogLevel } from '../server/log.js';
import {
  createFederationServer,
  type FederationServer,
  listen,
  type ServerOptions,
} from '../server/server.js';
import { loadTlsFiles } from '../server/tls-files.js';
import { parseServedOptions } from '../settings/served-options.js';
import { listRuns, readRun } from '../store/stored-run.js';

/** What a server's life is told. */
export interface ServeOptions {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly server: Pick<ServerOptions, 'enrolment' | 'metrics' | 'allowOrigins' | 'graceMs' | 'oidc'>;
  /** Of a run to be started at once; empty: none. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Make an operator's token also where there are some already. */
  readonly newToken: boolean;
  readonly logLevel: LogLevel;
  /** Ends the server. */
  readonly signal: AbortSignal;
  onNotice(notice: string): void;
  /** Of each run that may go on, before it does. */
  onStarted(started: RunStarted): void;
  onEvent(runId: string, event: RunEvent): void;
  /** A new operator's token, which nobody knows yet. */
  onToken(token: string): Promise<void>;
  /** Clients can come; returns what is to be done at the end. */
  onListening(url: string): Promise<() => Promise<void>>;
}

/** How long requests under way may take when the server goes down. */
const LAST_REQUESTS_MS = 3_000;

/**
 * Serves until the signal says otherwise.
 *
 * @throws {ConfigError} or {StoreError} when it cannot begin: then the port is free again.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { folder, host, port, tlsCert, tlsKey, settings, signal, onNotice } = options;
  const loadTls = () =>
    tlsCert === undefined || tlsKey === undefined ? undefined : loadTlsFiles(tlsCert, tlsKey, Date.now());
  const tls = await loadTls();
  // Before anything is written: settings that are wrong, a port that is in use.
  const wanted = Object.keys(settings).length > 0 ? parseServedOptions(settings) : undefined;
  let handler: Handler = async () =>
    problemResponse(
      new Refusal('unavailable', 'the server is starting', { headers: { 'retry-after': '1' } }),
    );
  const { server: http, url } = await listen((request) => handler(request), {
    ...{ host, port },
    ...(tls ? { tls } : {}),
  });
  /** New connections have the new certificate; one that cannot be used leaves the old one in its place. */
  const reload = () =>
    void loadTls()?.then(
      (next) => {
        if (http instanceof TlsServer) http.setSecureContext(next);
        onNotice('the TLS certificate was read again');
      },
      (error: unknown) => onNotice(messageOf(error)),
    );
  let server: FederationServer | undefined;
  let forget: (() => Promise<void>) | undefined;
  try {
    server = await createFederationServer({
      ...options.server,
      ...{ folder, onNotice, onEvent: options.onEvent },
      log: createLog(options.logLevel, process.stderr),
      onFailure: (error) => onNotice(messageOf(error)),
    });
    const token = server.firstToken ?? (options.newToken ? await newToken(server) : undefined);
    if (token !== undefined) await options.onToken(token);
    if (tls) process.on('SIGHUP', reload);
    for (const { path } of await listRuns(folder)) {
      const found = await readRun(path).catch(() => undefined);
      const started = found?.events.find((event) => event.type === 'run-started');
      if (started && found?.events.at(-1)?.type !== 'run-finished') options.onStarted(started);
    }
    await server.resumeRuns();
    // Not earlier: a client would be told that its run is gone.
    handler = server.handler;
    forget = await options.onListening(url);
    const isKnown = (await listRuns(folder)).some(({ runId }) => runId === wanted?.name);
    if (isKnown)
      onNotice(`run ${wanted?.name} is there already, with its own settings: it is not started anew`);
    else if (wanted) await server.startRun(settings);
    await ended(signal);
  } finally {
    process.off('SIGHUP', reload);
    const gone = new Promise<void>((resolve) => http.close(() => resolve()));
    await server?.close();
    http.closeIdleConnections();
    const timer = setTimeout(() => http.closeAllConnections(), LAST_REQUESTS_MS);
    await gone;
    clearTimeout(timer);
    await forget?.();
  }
}

async function newToken({ federation }: FederationServer): Promise<string> {
  const name = `local ${new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')}`;
  return (await federation.access.operators.add({ name, role: 'operator' }, 'server')).token;
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
