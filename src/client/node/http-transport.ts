/** A transport on Node's HTTP client: kept connections, less work a byte than `fetch`. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { TransportError } from '../../errors.js';
import type { Transport, TransportRequest, TransportResponse } from '../transport.js';

export interface HttpTransportOptions {
  /** PEM of a certificate authority to trust beside those of the system. */
  readonly ca?: string;
  /** Connections at a time, beside those that are held; more requests wait. Default 32. */
  readonly maxConnections?: number;
  /** Without a byte for so long a connection counts as lost; default 120,000. */
  readonly idleTimeoutMs?: number;
  /** Of other transports to the same server, whose owner closes them. */
  readonly agents?: HttpAgents;
}

const IDLE_TIMEOUT_MS = 120_000;

/** Kept connections. Requests that are held have their own: one a client, which must not take the place of others. */
export interface HttpAgents {
  readonly short: Agent;
  readonly held: Agent;
  destroy(): void;
}

/** Connections to the server at `url`, for as many transports as there are. */
export function createHttpAgents(url: URL, options: HttpTransportOptions = {}): HttpAgents {
  const { ca, maxConnections = 32, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const create = (maxSockets: number) => {
    const kept = { keepAlive: true, maxSockets, noDelay: true, timeout: idleTimeoutMs };
    return url.protocol === 'https:'
      ? new TlsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) })
      : new Agent(kept);
  };
  const [short, held] = [create(maxConnections), create(Infinity)];
  return {
    short,
    held,
    destroy() {
      short.destroy();
      held.destroy();
    },
  };
}

/** A way to the server at `url` (its origin). */
export function createHttpTransport(url: URL, options: HttpTransportOptions = {}): Transport {
  const { idleTimeoutMs = IDLE_TIMEOUT_MS, agents = createHttpAgents(url, options) } = options;
  const encrypted = url.protocol === 'https:';
  const start = encrypted ? httpsRequest : httpRequest;
  const where = {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (encrypted ? 443 : 80) : Number(url.port),
  };
  return {
    authority: url.host,
    origin: url.origin,
    request: ({ method, target, headers, body, held, signal }: TransportRequest) =>
      new Promise<TransportResponse>((resolve, reject) => {
        const fail = (cause: Error) => reject(unreachable(url, cause));
        if (signal?.aborted) return fail(new Error('it was called off'));
        const sent = start({
          ...where,
          agent: held ? agents.held : agents.short,
          method,
          path: target,
          headers: { host: url.host, ...headers },
          // As the agents have it, who then need not set it for each request.
          timeout: idleTimeoutMs,
        });
        sent.on('timeout', () => sent.destroy(new Error(`no byte for ${idleTimeoutMs} ms`)));
        sent.on('error', fail);
        if (signal) destroyWith(sent, signal);
        sent.on('response', (answer) => {
          resolve({ status: answer.statusCode ?? 0, headers: fieldsOf(answer), body: chunksOf(answer, url) });
        });
        sent.end(body);
      }),
    close() {
      if (!options.agents) agents.destroy();
    },
  };
}

/** As Node does it for a signal among the options, for less. */
function destroyWith(sent: ClientRequest, signal: AbortSignal): void {
  const stop = () => sent.destroy(new Error('it was called off'));
  signal.addEventListener('abort', stop, { once: true });
  sent.once('close', () => signal.removeEventListener('abort', stop));
}

function fieldsOf({ headers }: IncomingMessage): Record<string, string> {
  return headers as Record<string, string>;
}

async function* chunksOf(answer: IncomingMessage, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* answer;
  } catch (cause) {
    throw unreachable(url, cause as Error);
  }
}

function unreachable(url: URL, cause: Error): TransportError {
  return new TransportError(`${url.origin} could not be reached: ${cause.message || String(cause)}`, {
    cause,
  });
}
