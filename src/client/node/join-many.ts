/** Many clients in one Node process: a folder for each inside one, connections and engine shared. */
import { join } from 'node:path';
import type { Participation } from '../join.js';
import { serverUrl } from '../server-url.js';
import { joinMany, type VirtualClient, type VirtualOptions } from '../virtual.js';
import { DEFAULT_CLIENT_FOLDER } from './client-folder.js';
import { createHttpAgents } from './http-transport.js';
import { createNodePlatform, type NodePlatformOptions, readCertificate } from './join.js';

/** Connections at a time, beside the one that each client listens on. */
const MAX_CONNECTIONS = 16;

/** Where client `index` of several keeps what, inside their folder. */
function virtualFolder(folder: string, index: number): string {
  return join(folder, String(index));
}

/**
 * Joins as many clients as there are `clients`, in their order; client k keeps its key in `folder`/k.
 *
 * @throws as `join`, when one of them is not let in; those before it are stopped.
 */
export async function joinVirtual(
  url: string,
  clients: readonly VirtualClient['options'][],
  options: VirtualOptions & Omit<NodePlatformOptions, 'agents'> = {},
): Promise<readonly Participation[]> {
  const { folder = DEFAULT_CLIENT_FOLDER, ca, allowPlain = false, audit = true } = options;
  const server = serverUrl(url, allowPlain);
  const authority = ca === undefined ? {} : { ca: await readCertificate(ca) };
  const agents = createHttpAgents(server, { ...authority, maxConnections: MAX_CONNECTIONS });
  const made: VirtualClient[] = [];
  try {
    for (const [index, own] of clients.entries()) {
      const platform = { ...options, audit, agents, folder: virtualFolder(folder, index) };
      made.push({ platform: await createNodePlatform(url, platform), options: own });
    }
    const joined = await joinMany(made, options);
    void Promise.allSettled(joined.map(({ done }) => done)).then(agents.destroy);
    return joined;
  } catch (error) {
    await Promise.all(made.map(({ platform }) => platform.audit?.close()));
    agents.destroy();
    throw error;
  }
}
