/** Joins a federation from Node: key and state in a folder, Node's HTTP client, the native engine where there is one. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { ChosenEngine, EngineOptions } from '../../engine/engine-options.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { ConfigError } from '../../errors.js';
import { type JoinOptions, joinOn, type Participation } from '../join.js';
import type { Platform } from '../platform.js';
import { serverUrl } from '../server-url.js';
import { AuditLog } from './audit-log.js';
import { clientPaths, DEFAULT_CLIENT_FOLDER } from './client-folder.js';
import { openFileStore } from './file-store.js';
import { createHttpTransport, type HttpAgents } from './http-transport.js';
import { openKeyFile } from './key-file.js';
import { createNodeProbe } from './node-probe.js';

/** What a client in Node can be told beside `JoinOptions`. */
export interface NodeJoinOptions extends JoinOptions {
  /** Where key and state are kept; made with owner-only permissions. Default `tessera-client`. */
  readonly folder?: string;
  readonly engine?: EngineOptions;
  /** PEM file of a certificate authority to trust beside those of the system. */
  readonly ca?: string;
  /** Whether everything that is sent is noted in the folder's audit log before it goes; default true. */
  readonly audit?: boolean;
  /** Accept a server on plain http that is not this machine: anybody on the way can read models and updates. */
  readonly allowPlain?: boolean;
}

/**
 * Joins the federation of the server at `url`, and takes part until `options.signal` ends it.
 *
 * @param url origin of the server: `https://example.org`
 * @throws {ConfigError} when an option or the key file is wrong.
 * @throws {RefusedError} when the server does not let the client in.
 */
export async function join(url: string, options: NodeJoinOptions): Promise<Participation> {
  return joinOn(await createNodePlatform(url, { audit: true, ...options }), options);
}

/** What a platform on Node is made of. */
export type NodePlatformOptions = Pick<
  NodeJoinOptions,
  'folder' | 'engine' | 'ca' | 'allowPlain' | 'audit'
> & {
  /** Connections of several clients of this process, which are closed by whoever made them. */
  readonly agents?: HttpAgents;
};

/** What Node gives a client; without an audit log unless it is asked for. */
export async function createNodePlatform(url: string, options: NodePlatformOptions): Promise<Platform> {
  const {
    folder = DEFAULT_CLIENT_FOLDER,
    engine = {},
    agents,
    ca,
    allowPlain = false,
    audit = false,
  } = options;
  const server = serverUrl(url, allowPlain);
  const paths = clientPaths(folder);
  const authority = ca === undefined ? undefined : await readCertificate(ca);
  const signer = await openKeyFile(paths.key);
  let chosen: Promise<ChosenEngine> | undefined;
  return {
    transport: createHttpTransport(server, {
      ...(authority === undefined ? {} : { ca: authority }),
      ...(agents === undefined ? {} : { agents }),
    }),
    signer,
    store: await openFileStore(paths.state),
    ...(audit ? { audit: await AuditLog.open(paths.audit) } : {}),
    probe: createNodeProbe(),
    now: Date.now,
    randomBytes: (count) => randomBytes(count),
    random: Math.random,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    engine: () => {
      chosen ??= chooseEngine(engine);
      return chosen;
    },
    forgetKey: () => rm(paths.key, { force: true }),
  };
}

/** A PEM file. @throws {ConfigError} when it cannot be read. */
export async function readCertificate(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`ca must be a PEM file that can be read, got ${path}`, { cause });
  });
}
