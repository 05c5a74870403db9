/** The server: routes over a federation, runs that are opened, continued and ended, one way to close it all. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { parseServedOptions, type ServedRun as ServedSettings } from '../settings/served-options.js';
import { restoreSettings, storeSettings } from '../settings/stored-settings.js';
import { recoverRun } from '../store/recover-run.js';
import { createRun } from '../store/run-directory.js';
import { listRuns, readConfig } from '../store/stored-run.js';
import { openAccess } from './access.js';
import { clientRoutes } from './client-routes.js';
import type { EnrolmentPolicy } from './enrol.js';
import { createFederation, type Federation } from './federation.js';
import { type Handler, jsonResponse } from './http.js';
import { createNodeServer, type TlsFiles } from './node-adapter.js';
import { createRouter, type Route } from './routes.js';
import { loadServedModel } from './served-model.js';
import { openServedRun, type ServedRun } from './served-run.js';

/** What a server is told. */
export interface ServerOptions {
  /** The folder of runs, and of the server's database. */
  readonly folder: string;
  /** Who gets in without an invitation; default: whom an operator approves. */
  readonly enrolment?: EnrolmentPolicy;
  readonly graceMs?: number;
  readonly software?: string;
  readonly onNotice?: (notice: string) => void;
  readonly onEvent?: (runId: string, event: RunEvent) => void;
  readonly onFailure?: (error: unknown) => void;
}

/** A server without a port: `handler` answers, runs go on by themselves. */
export interface FederationServer {
  readonly handler: Handler;
  readonly federation: Federation;
  /** Opens a new run. @throws {ConfigError} or {StoreError} when it cannot be. */
  startRun(settings: unknown): Promise<ServedRun>;
  /** Goes on with all runs of the folder that have not ended; those that cannot are told to `onFailure`. */
  resumeRuns(): Promise<readonly ServedRun[]>;
  /** Ends gracefully: open rounds are continued by the next server on this folder. */
  close(): Promise<void>;
}

/** A server on its folder. */
export async function createFederationServer(options: ServerOptions): Promise<FederationServer> {
  const { folder, enrolment = 'approval', graceMs, software = 'tessera' } = options;
  const { onNotice = () => {}, onEvent = () => {}, onFailure = () => {} } = options;
  const now = () => performance.now();
  // Never set back while the server runs: what was refused as a replay must stay refused.
  const origin = Date.now() - now();
  const time = () => Math.round(origin + now());
  const isFresh = !existsSync(folder);
  const access = await openAccess(folder);
  const federation = createFederation({
    ...{ access, enrolment, software, isFresh, now, time },
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const { blobs, availability, wakes } = federation;
  const ports = {
    ...{ blobs, availability, onEvent, now, time },
    wake: (clients: readonly number[]) => clients.forEach(wakes.wake),
  };

  const open = async (
    settings: ServedSettings,
    openRun: () => Promise<Pick<Parameters<typeof openServedRun>[0], 'run' | 'recovered'>>,
  ) => {
    // Before anything is written: a model that cannot be loaded leaves no folder behind.
    const served = await loadServedModel(settings, onNotice);
    const { run, recovered } = await openRun();
    const servedRun = await openServedRun({ ...ports, options: settings, served, run, recovered });
    federation.add(servedRun);
    void servedRun.over.then(() => {
      const failure = servedRun.failure();
      if (failure !== undefined) onFailure(new StoreError(`run ${run.runId} cannot go on: ${failure}`));
    });
    return servedRun;
  };

  return {
    federation,
    handler: createRouter([...clientRoutes(federation), ...healthRoutes(federation)], {
      onAnswer: () => {},
      onFailure,
      now,
    }),
    async startRun(settings) {
      const parsed = parseServedOptions(settings);
      const name = parsed.name ?? defaultName(parsed);
      if (federation.runs.has(name)) throw new ConfigError(`name must be new, got "${name}", which is open`);
      const named = { ...parsed, name };
      return open(named, async () => ({
        run: await createRun(folder, name, { ...storeSettings(named), type: 'served' }),
      }));
    },
    async resumeRuns() {
      const resumed: ServedRun[] = [];
      for (const { path, runId } of await listRuns(folder)) {
        if (federation.runs.has(runId)) continue;
        try {
          const settings = servedSettingsOf(path, await readConfig(path));
          if (!settings) continue;
          const recovered = await recoverRun(path);
          if (recovered.complete) {
            await recovered.run.close();
            continue;
          }
          resumed.push(await open(settings, async () => ({ run: recovered.run, recovered })));
        } catch (error) {
          onFailure(error);
        }
      }
      return resumed;
    },
    close: () => federation.close(),
  };
}

/** Lets the handler answer on a port; returns the address that it has. */
export async function listen(
  handler: Handler,
  { host = '127.0.0.1', port = 0, tls }: { host?: string; port?: number; tls?: TlsFiles },
): Promise<{ readonly server: Server; readonly url: string }> {
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

function healthRoutes({ info }: Federation): readonly Route[] {
  const alive = () => jsonResponse({ status: 'ok', protocol: info().protocol });
  return [
    ['GET', '/healthz', alive],
    ['GET', '/readyz', alive],
  ];
}

/** The settings of a run that a server opened; undefined: it was simulated. */
function servedSettingsOf(path: string, config: unknown): ServedSettings | undefined {
  if ((config as { type?: unknown } | null)?.type !== 'served') return undefined;
  return restoreSettings(path, config, ({ type: _, ...stored }) => parseServedOptions(stored));
}

function defaultName({ model }: ServedSettings): string {
  const stamp = new Date().toISOString().replaceAll(/[:Z-]/g, '').replaceAll(/[T.]/g, '-');
  const what = (model.split(/[\\/]/).at(-1) ?? model).replace(/\.onnx$/, '').replaceAll(/[^\w.-]/g, '_');
  return `${what}-${stamp}`;
}
