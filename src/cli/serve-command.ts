/** `tessera serve`: a server on its folder, from its first word to its last. */
import { type Command, Option } from 'commander';
import { isLoopback } from '../client/server-url.js';
import { ConfigError } from '../errors.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';
import { createServeView } from './serve-view.js';
import { tokenPath, writeAddress, writeToken } from './server-files.js';
import { addServedFlags, settingsOf } from './settings.js';

const DEFAULT_PORT = 8642;
const ALL_ADDRESSES = new Set(['0.0.0.0', '::', '']);

/** What is said of the server itself; the other flags are those of a run. */
interface ServeFlags {
  readonly out: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowPlainHttp?: boolean;
  readonly enrolment: 'invitation' | 'approval' | 'open';
  readonly grace?: number;
  readonly allowOrigin?: readonly string[];
  readonly metrics: 'operators' | 'open' | 'off';
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly oidcRoleClaim?: string;
  readonly newToken?: boolean;
  readonly log: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  readonly json?: boolean;
}

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('run a server for clients elsewhere; with flags of a run, start one at once')
    .option('--out <folder>', "runs, and the server's database", 'runs')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0 takes any that is free', numberOf, DEFAULT_PORT)
    .option('--tls-cert <file>', 'certificate in PEM, with the ones that lead to its authority')
    .option('--tls-key <file>', 'its private key in PEM; SIGHUP reads both again')
    .option(
      '--allow-plain-http',
      'without TLS on other addresses than loopback: anybody on the way reads models, updates and tokens',
    )
    .addOption(
      new Option('--enrolment <how>', 'which clients get in')
        .choices(['invitation', 'approval', 'open'])
        .default('approval'),
    )
    .option('--grace <seconds>', 'a client may lose its connection for so long in a round [15]', numberOf)
    .option('--allow-origin <origin...>', 'pages of these origins may be clients; * for any')
    .addOption(
      new Option('--metrics <who>', 'who may read /metrics')
        .choices(['operators', 'open', 'off'])
        .default('operators'),
    )
    .option('--oidc-issuer <url>', 'identity provider whose users may be operators')
    .option('--oidc-audience <name>', 'this server, as its tokens name it')
    .option('--oidc-role-claim <claim>', 'where they say tessera-operator or tessera-viewer [roles]')
    .option('--new-token', "make another operator's token, where the first was lost")
    .addOption(
      new Option('--log <level>', 'lines on standard error')
        .choices(['silent', 'error', 'warn', 'info', 'debug'])
        .default('warn'),
    )
    .option('--json', 'print one event a line')
    .allowExcessArguments(false);
  addServedFlags(command).action(async (flags: ServeFlags) => {
    // A server's libraries take a while to load: only where there is a server.
    const { serve } = await import('./serve.js');
    const { out: _, ...given } = flags;
    const settings = await settingsOf({ ...given });
    const stop = new AbortController();
    const { color, unicode = true } = terminalOptions();
    const view = createServeView(process.stdout, { color, unicode });
    const { json = false, newToken = false } = flags;
    const say = json ? printNotice : print;
    let known: string | undefined;
    await serve({
      ...{ folder: flags.out, host: hostOf(flags), port: flags.port, settings, newToken },
      ...(flags.tlsCert === undefined ? {} : { tlsCert: flags.tlsCert }),
      ...(flags.tlsKey === undefined ? {} : { tlsKey: flags.tlsKey }),
      logLevel: flags.log,
      server: {
        enrolment: flags.enrolment,
        metrics: flags.metrics,
        allowOrigins: flags.allowOrigin ?? [],
        ...(flags.grace === undefined ? {} : { graceMs: flags.grace * 1000 }),
        ...oidcOf(flags),
      },
      signal: stop.signal,
      onNotice: (notice) => printNotice(`tessera: ${notice}`),
      onStarted: (started) => view.remember(started),
      onEvent: (runId, event) => (json ? printJson({ runId, ...event }) : view.onEvent(runId, event)),
      async onToken(token) {
        known = token;
        await writeToken(flags.out, token);
        say(`Operator token, kept in ${tokenPath(flags.out)}: ${token}`);
      },
      async onListening(url) {
        const forgetAddress = await writeAddress(flags.out, reachable(url));
        say(`Tessera listens on ${url}`);
        for (const line of pageLines(reachable(url), flags, known)) say(line);
        endOnSignal(stop);
        return forgetAddress;
      },
    });
  });
}

/** Where the pages are. The link signs in only where nobody else reads what is printed, or could use it. */
function pageLines(url: string, { host, enrolment }: ServeFlags, token: string | undefined): string[] {
  const signsIn = token !== undefined && isLoopback(named(host));
  return [
    `Dashboard  ${url}/${signsIn ? `#/sign-in?token=${token}` : ''}`,
    ...(enrolment === 'open' ? [`Join page  ${url}/join`] : []),
  ];
}

/** The first Ctrl-C, or request to terminate, ends the server gracefully, the second at once. */
function endOnSignal(stop: AbortController): void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted)
      return void process.off('SIGINT', onSignal).off('SIGTERM', onSignal).kill(process.pid, signal);
    printNotice('tessera: going down; open rounds go on at the next start (again: end at once)');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}

function hostOf({ host, tlsCert, tlsKey, allowPlainHttp = false }: ServeFlags): string {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key must be given together, got one of them');
  }
  if (tlsCert === undefined && !allowPlainHttp && !isLoopback(named(host))) {
    throw new ConfigError(
      `--tls-cert and --tls-key must be given on other addresses than loopback, got ${host} without (--allow-plain-http lets anybody on the way read models, updates and tokens)`,
    );
  }
  return host;
}

/** As it stands in an address. */
function named(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function oidcOf({ oidcIssuer: issuer, oidcAudience: audience, oidcRoleClaim: roleClaim }: ServeFlags) {
  if (issuer === undefined && audience === undefined) return {};
  if (issuer === undefined || audience === undefined) {
    throw new ConfigError('--oidc-issuer and --oidc-audience must be given together, got one of them');
  }
  return { oidc: { issuer, audience, ...(roleClaim === undefined ? {} : { roleClaim }) } };
}

/** The address for commands on this machine. */
function reachable(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return ALL_ADDRESSES.has(bare) ? `${protocol}//127.0.0.1:${port}` : url;
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0) return value;
  throw new ConfigError(`--port and --grace must be whole numbers from 0, got "${text}"`);
}
