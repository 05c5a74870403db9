/** `tessera serve` in a process of its own. */
import { type CliProcess, startCli } from './cli.js';

/** A server that listens. */
export type ServeProcess = CliProcess & { readonly url: string };

/** Starts a server on a free port; resolves when it listens. */
export async function startServe(flags: readonly string[], cwd: string): Promise<ServeProcess> {
  const server = startCli(['serve', '--port', '0', ...flags], { cwd });
  let text = '';
  server.child.stdout?.on('data', (part: string) => {
    text += part;
  });
  await server.line('listens on');
  const url = /listens on (\S+)/.exec(text)?.[1];
  if (url === undefined) throw new Error(`no server: ${(await server.done).stderr}`);
  return { ...server, url };
}

/** Kills servers that a test has left. */
export async function endServers(started: ServeProcess[]): Promise<void> {
  for (const { child, done } of started.splice(0)) {
    child.kill('SIGKILL');
    await done;
  }
}
