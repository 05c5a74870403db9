/** `tessera client`: takes part in a federation, until it is told to stop. */
import type { Command } from 'commander';
import { type ClientEvent, describeEvent } from '../client/client-events.js';
import type { Participation } from '../client/join.js';
import { openApprovals } from '../client/node/approvals.js';
import { clientPaths } from '../client/node/client-folder.js';
import { join } from '../client/node/join.js';
import { joinVirtual } from '../client/node/join-many.js';
import { leave } from '../client/node/leave.js';
import { serverUrl } from '../client/server-url.js';
import { ConfigError } from '../errors.js';
import { addClientAuditCommand } from './client-audit-command.js';
import { loadClientData } from './client-data.js';
import { addClientFlags, addServerFlags, type ClientFlags, joinSettings } from './client-flags.js';
import { addClientTasksCommand } from './client-tasks-command.js';
import { print, printJson, printNotice } from './output.js';
import { addDataFlags } from './settings.js';
import { untilInterrupted } from './until-interrupted.js';

export function addClientCommand(program: Command): void {
  const client = program.command('client').description('take part in a federation with data that stays here');
  const joining = client
    .command('join', { isDefault: true })
    .description('take part until Ctrl-C; what `tessera client --server ...` does')
    .allowExcessArguments(false);
  addClientFlags(joining);
  addDataFlags(joining).action(async (flags: ClientFlags) => {
    const url = serverOf(flags);
    await untilInterrupted((signal) => takePart(url, flags, signal));
  });
  addServerFlags(
    client
      .command('leave')
      .description('make the server forget the client, and delete its key and state')
      .allowExcessArguments(false),
  ).action(async (flags: ClientFlags) => {
    const url = serverOf(flags);
    const { folder, ca, allowPlain } = joinSettings(flags);
    const onEvent = (event: ClientEvent) => show(event, flags);
    const how = { folder, ca, allowPlain, onEvent };
    const given = Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined));
    await untilInterrupted((signal) => leave(url, { ...given, signal }));
  });
  addClientTasksCommand(client);
  addClientAuditCommand(client);
}

async function takePart(url: string, flags: ClientFlags, signal: AbortSignal): Promise<void> {
  const settings = joinSettings(flags);
  const { folder, requireApproval } = flags;
  const approve = requireApproval ? openApprovals(clientPaths(folder).tasks).approver(url) : undefined;
  const accept = { ...settings.accept, ...(approve ? { approve } : {}) };
  const parts = await loadClientData({ ...flags }, flags, (notice) => printNotice(`tessera: ${notice}`));
  const [data] = parts;
  if (signal.aborted || !data) return;
  const own = { ...settings, accept };
  let clients: readonly Participation[];
  if (flags.virtual === undefined) {
    clients = [await join(url, { ...own, data, signal, onEvent: (event) => show(event, flags) })];
  } else {
    const each = parts.map((part, index) => ({
      ...own,
      data: part,
      onEvent: (event: ClientEvent) => show(event, flags, index),
    }));
    clients = await joinVirtual(url, each, { ...own, signal });
  }
  const ended = await Promise.allSettled(clients.map(({ done }) => done));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Checked here, as data may take long to load. */
function serverOf({ server, allowPlainHttp = false }: ClientFlags): string {
  if (server === undefined)
    throw new ConfigError('server must be an address like https://example.org, got nothing');
  return serverUrl(server, allowPlainHttp).origin;
}

function show(event: ClientEvent, { json }: ClientFlags, index?: number): void {
  if (json) printJson(index === undefined ? event : { client: index, ...event });
  else print(index === undefined ? describeEvent(event) : `[${index}] ${describeEvent(event)}`);
}
