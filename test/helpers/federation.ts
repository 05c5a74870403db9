/** A whole federation in one process: a server on a port of its own, and clients that reach it over HTTP. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClientEvent } from '../../src/client/client-events.js';
import type { JoinOptions, Participation } from '../../src/client/join.js';
import { joinOn } from '../../src/client/join.js';
import { createNodePlatform } from '../../src/client/node/join.js';
import type { Platform } from '../../src/client/platform.js';
import type { ClientData } from '../../src/client/rounds.js';
import { splitClients } from '../../src/data/held-out.js';
import { partitionDataset } from '../../src/data/partition.js';
import { parsePartition } from '../../src/data/partition-spec.js';
import { loadDataset } from '../../src/datasets/load-dataset.js';
import type { RunEvent } from '../../src/round/run-events.js';
import {
  createFederationServer,
  type FederationServer,
  listen,
  type ServerOptions,
} from '../../src/server/server.js';

/** A server and what it has said. */
export interface TestFederation {
  readonly url: string;
  readonly folder: string;
  readonly server: FederationServer;
  readonly events: RunEvent[];
  readonly failures: unknown[];
  /** A client, by its number; each has a folder, so that it can come back. */
  join(index: number, options: JoinOptions, changes?: Partial<Platform>): Promise<Participation>;
  /** The folder of a client. */
  clientFolder(index: number): string;
  /** The first event of a client that fits, among those told and those to come. */
  heard<T extends ClientEvent['type']>(
    index: number,
    type: T,
    fits?: (event: Extract<ClientEvent, { type: T }>) => boolean,
  ): Promise<Extract<ClientEvent, { type: T }>>;
  /** What clients have told, by number. */
  readonly told: Map<number, ClientEvent[]>;
  /** Ends the server alone: its clients look for the next one at the same address. */
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server that lets everybody in. */
export async function startFederation(
  options: Partial<ServerOptions> = {},
  port = 0,
): Promise<TestFederation> {
  // A folder that is new, as the server sees it: it lets clients in at once.
  const folder = options.folder ?? join(await mkdtemp(join(tmpdir(), 'tessera-server-')), 'data');
  const events: RunEvent[] = [];
  const failures: unknown[] = [];
  const told = new Map<number, ClientEvent[]>();
  const clients: Participation[] = [];
  const waiting: (() => void)[] = [];
  const clientFolder = (index: number) => join(folder, 'clients', String(index));
  const server = await createFederationServer({
    enrolment: 'open',
    onEvent: (_, event) => events.push(event),
    onFailure: (error) => failures.push(error),
    ...options,
    folder,
  });
  const { server: http, url } = await listen(server.handler, { port });
  let stopping: Promise<void> | undefined;
  const stopServer = async () => {
    const closed = new Promise((resolve) => http.close(resolve));
    await server.close();
    http.closeAllConnections();
    await closed;
  };
  const stopOnce = () => {
    stopping ??= stopServer();
    return stopping;
  };
  return {
    ...{ url, folder, server, events, failures, told, stopServer: stopOnce },
    clientFolder,
    heard(index, type, fits = () => true) {
      const found = (event: ClientEvent): event is never => event.type === type && fits(event as never);
      const already = told.get(index)?.find(found);
      if (already) return Promise.resolve(already);
      return new Promise((resolve) => {
        const look = () => {
          const event = told.get(index)?.find(found);
          if (event) resolve(event);
          else waiting.push(look);
        };
        waiting.push(look);
      });
    },
    async join(index, joinOptions, changes = {}) {
      const own = await createNodePlatform(url, { folder: clientFolder(index), audit: !changes.audit });
      const platform = { ...own, ...changes };
      const heard: ClientEvent[] = told.get(index) ?? [];
      told.set(index, heard);
      const client = await joinOn(platform, {
        ...joinOptions,
        async onEvent(event) {
          heard.push(event);
          for (const look of waiting.splice(0)) look();
          await joinOptions.onEvent?.(event);
        },
      });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.stop()));
      await stopOnce();
      if (options.folder === undefined) await rm(dirname(folder), { recursive: true, force: true });
    },
  };
}

/** The data of each client, dealt as `tessera simulate` deals digits. */
export async function digitsOf(
  clients: number,
  examples: number,
  seed: number,
): Promise<readonly ClientData[]> {
  const loaded = await loadDataset('digits', {
    seed,
    trainCount: examples,
    testCount: Math.ceil(examples / 5),
  });
  const partition = partitionDataset(loaded.train, parsePartition('dirichlet:0.3'), clients, seed);
  return splitClients(partition, loaded, { seed }).clients;
}
