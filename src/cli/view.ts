/** The dashboard over a folder of runs, on this machine alone: for `tessera ui` and `tessera simulate --ui`. */
import { ConfigError } from '../errors.js';
import { hasPages } from '../server/pages.js';
import { listen } from '../server/server.js';
import { createViewServer, type ViewServer } from '../server/view-server.js';
import { printNotice } from './output.js';

/** Where the dashboard is, if that is free; else anywhere. */
const USUAL_PORT = 8642;

/** A dashboard that listens. */
export interface View extends Pick<ViewServer, 'watch'> {
  readonly url: string;
  /** With the token that lets its reader in. */
  readonly link: string;
  close(): Promise<void>;
}

/**
 * Opens the dashboard.
 *
 * @param port as on the command line; absent: the usual one, or any where that is taken
 * @throws {ConfigError} when there is no such port, or it is in use.
 */
export async function openView(folder: string, port: string | undefined): Promise<View> {
  const server = createViewServer({ folder });
  const { server: http, url } = await listenOn(server, port);
  if (!hasPages()) printNotice('tessera: this build has no pages to show: npm run build makes them');
  return {
    ...{ url, watch: server.watch },
    link: `${url}/#/sign-in?token=${server.token}`,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      server.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Until Ctrl-C, or a request to terminate; a second one then ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
}

async function listenOn({ handler }: ViewServer, port: string | undefined): ReturnType<typeof listen> {
  if (port === undefined) {
    return listen(handler, { port: USUAL_PORT }).catch(() => listen(handler, { port: 0 }));
  }
  if (!/^\d{1,5}$/.test(port)) throw new ConfigError(`--port must be a whole number from 0, got "${port}"`);
  return listen(handler, { port: Number(port) });
}
