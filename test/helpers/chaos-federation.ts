/** A federation of processes behind a bad network: servers and clients that are killed, and come back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/round/run-events.js';

const SERVER = new URL('./federation-server.mjs', import.meta.url);
const CLIENTS = new URL('./federation-clients.mjs', import.meta.url);

/** What a server's process says. */
type ServerLine =
  | RunEvent
  | { readonly type: 'listening' }
  | { readonly type: 'failure'; readonly message: string };

/** A process that says one JSON object a line. */
export interface Speaker {
  readonly child: ChildProcess;
  /** Settles when the process has ended and all that it said has been heard. */
  readonly ended: Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts clients; see `federation-clients.mjs`. */
export function startClients(settings: unknown): Speaker {
  return startHelper(CLIENTS, settings, () => {});
}

function startHelper<Line>(helper: URL, settings: unknown, hear: (line: Line) => void): Speaker {
  const child = spawn(process.execPath, [fileURLToPath(helper), JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ended = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      // Half a line is what a killed process had no time to say.
      if (line.startsWith('{') && line.endsWith('}')) hear(JSON.parse(line) as Line);
    }
    await exited;
  })();
  return {
    child,
    ended,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
  };
}

/** A port that is free now, for a server that comes back to it. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** What a server of these tests is started with. */
export interface ServerSettings {
  readonly folder: string;
  readonly port: number;
  readonly graceMs: number;
  readonly run: { readonly name: string };
  /** Where a copy of every model goes. */
  readonly keep?: string;
}

/** A server that can be killed and started again. */
export interface KillableServer {
  readonly directory: string;
  /** Starts it, and waits until it listens. */
  start(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** All that its processes have said. */
  readonly lines: readonly ServerLine[];
  /** The next line of the condition, from now on. */
  next(fits: (line: ServerLine) => boolean): Promise<ServerLine>;
}

export function killableServer(settings: ServerSettings): KillableServer {
  const lines: ServerLine[] = [];
  const waiting = new Set<{ fits: (line: ServerLine) => boolean; found: (line: ServerLine) => void }>();
  let speaker: Speaker | undefined;
  const next = (fits: (line: ServerLine) => boolean) =>
    new Promise<ServerLine>((found) => waiting.add({ fits, found }));
  const hear = (line: ServerLine) => {
    lines.push(line);
    for (const each of waiting) {
      if (!each.fits(line)) continue;
      waiting.delete(each);
      each.found(line);
    }
  };
  return {
    lines,
    next,
    directory: join(settings.folder, settings.run.name),
    async start() {
      const listening = next(({ type }) => type === 'listening');
      speaker = startHelper<ServerLine>(SERVER, settings, hear);
      const failed = speaker.ended.then(() => {
        throw new Error('the server must listen, has ended');
      });
      await Promise.race([listening, failed]);
      failed.catch(() => {});
    },
    async kill(signal) {
      await speaker?.kill(signal);
    },
  };
}
