/** The control API of a server, for commands: where it is, who asks, and answers as they come. */
import { type Command, Option } from 'commander';
import { isLoopback, serverUrl } from '../client/server-url.js';
import { ConfigError, FederatedError, TransportError } from '../errors.js';
import { plain } from '../plain-text.js';
import type { Page } from '../server/control-messages.js';
import { readAddress, readToken, tokenPath } from './server-files.js';

/** How a command says which server is meant. */
export interface ControlFlags {
  readonly server?: string;
  readonly token?: string;
  readonly out: string;
  readonly allowPlainHttp?: boolean;
}

/** A server that can be asked. */
export interface ControlApi {
  readonly url: string;
  /**
   * Asks, and returns the answer's JSON.
   *
   * @throws {ConfigError} where the server says that the request is wrong, {TransportError} where it cannot be
   *   reached, else {FederatedError} with the sentence of the server.
   */
  call<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<Answer>;
  /** All entries of a list that comes in parts. */
  all<Item>(path: string, cursor: 'after' | 'before'): Promise<Item[]>;
  /** An answer as text. */
  text(path: string): Promise<string>;
}

/** Adds the flags that say which server is meant, to a command that is always about one. */
export function addControlFlags(command: Command): Command {
  const server = new Option('--server <url>', 'the server [the one that runs on --out]');
  return addTokenFlags(command.addOption(server.env('TESSERA_SERVER'))).option(
    '--out <folder>',
    'the folder of a server on this machine',
    'runs',
  );
}

/** Adds the flags that turn a command about a folder into one about a server. */
export function addServerFlags(command: Command): Command {
  return addTokenFlags(command.option('--server <url>', 'ask this server, not the folder'));
}

function addTokenFlags(command: Command): Command {
  return command
    .addOption(new Option('--token <token>', "an operator's token [the one in --out]").env('TESSERA_TOKEN'))
    .option('--allow-plain-http', 'to other machines without TLS: anybody on the way reads the token');
}

/**
 * The server that flags name. The token in a folder goes to the server of that folder only.
 *
 * @throws {ConfigError} when there is no server or no token to be found.
 */
export async function openControl(flags: ControlFlags): Promise<ControlApi> {
  const { server, token, out, allowPlainHttp = false } = flags;
  const local = await readAddress(out);
  const address = server ?? local;
  if (address === undefined) {
    throw new ConfigError(`--server must be given where no server runs on ${out}, got nothing`);
  }
  const { origin } = serverUrl(address, allowPlainHttp);
  const bearer = token ?? (isSame(origin, local) ? await readToken(out) : undefined);
  if (bearer === undefined) {
    throw new ConfigError(
      `--token must be given, or TESSERA_TOKEN, where ${tokenPath(out)} is not that of ${origin}, got nothing`,
    );
  }
  const request = (method: string, path: string, json?: unknown) =>
    send(`${origin}/v1/control${path}`, {
      method,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  const call = async <Answer>(method: string, path: string, json?: unknown) =>
    (await request(method, path, json)).json() as Promise<Answer>;
  return {
    url: origin,
    call,
    async all<Item>(path: string, cursor: 'after' | 'before') {
      const items: Item[] = [];
      for (let next: number | null = -1; next !== null; ) {
        const query: string = next < 0 ? 'limit=1000' : `limit=1000&${cursor}=${next}`;
        const page: Page<Item> = await call('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`);
        items.push(...page.items);
        next = page.next;
      }
      return items;
    },
    text: async (path) => (await request('GET', path)).text(),
  };
}

/** This machine has several names. */
function isSame(origin: string, local: string | undefined): boolean {
  if (local === undefined) return false;
  const [one, other] = [new URL(origin), new URL(local)];
  if (one.origin === other.origin) return true;
  const samePlace = one.port === other.port && one.protocol === other.protocol;
  return samePlace && isLoopback(one.hostname) && isLoopback(other.hostname);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new TransportError(`${new URL(url).origin} could not be reached: ${reasonOf(cause)}`, { cause });
  });
  if (response.ok) return response;
  const document = (await response.json().catch(() => ({}))) as { detail?: unknown };
  const detail =
    typeof document.detail === 'string'
      ? plain(document.detail)
      : `it answered with status ${response.status}`;
  if (response.status === 400) throw new ConfigError(detail);
  throw new FederatedError('refused', `${new URL(url).origin} refused: ${detail}`);
}

/** What fetch itself says is only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
}
