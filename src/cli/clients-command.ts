/** `tessera clients`: whom a server knows, and who gets in. */
import { type Command, Option } from 'commander';
import { ConfigError } from '../errors.js';
import type { ClientView } from '../server/control-messages.js';
import type { Invitation } from '../server/invitations.js';
import { addControlFlags, type ControlFlags, openControl } from './control-api.js';
import { clientTable, invitationTable } from './control-view.js';
import { asNumber } from './flag-values.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';

type Flags = ControlFlags & { readonly json?: boolean };

const HOUR_MS = 3_600_000;

export function addClientsCommand(program: Command): void {
  const clients = program
    .command('clients')
    .description("a server's clients: invite, list, approve and revoke");
  const command = (name: string, description: string) =>
    addControlFlags(clients.command(name).description(description))
      .option('--json', 'print JSON')
      .allowExcessArguments(false);
  const ofClient = (name: string, description: string) =>
    command(name, description).argument('<client>', 'its number, or the name of its key');

  command('list', 'all clients, one a line')
    .addOption(new Option('--status <status>', 'only those').choices(['pending', 'approved', 'revoked']))
    .option('--population <name>', 'only its clients')
    .action(async (flags: Flags & { status?: string; population?: string }) => {
      const api = await openControl(flags);
      const { status, population } = flags;
      const query = new URLSearchParams({
        ...(status === undefined ? {} : { status }),
        ...(population === undefined ? {} : { population }),
      });
      const found = await api.all<ClientView>(`/clients?${query}`, 'after');
      if (flags.json) return found.forEach(printJson);
      print(found.length === 0 ? 'There are no such clients.' : clientTable(found, terminalOptions()));
    });

  const changes = (name: 'approve' | 'revoke', description: string) =>
    ofClient(name, description).action(async (client: string, flags: Flags) => {
      const api = await openControl(flags);
      const changed = await api.call<ClientView>('POST', `/clients/${encodeURIComponent(client)}/${name}`);
      if (flags.json) return printJson(changed);
      print(`Client ${changed.index} is ${changed.status}.`);
    });
  changes('approve', 'let a client take part that waits for it');
  changes('revoke', 'shut a client out for good; what it is in the middle of does not count');
  ofClient('delete', "delete a client's key, name and attributes; it may come anew").action(
    async (client: string, flags: Flags) => {
      const api = await openControl(flags);
      await api.call('DELETE', `/clients/${encodeURIComponent(client)}`);
      if (flags.json) return printJson({ forgotten: true });
      print(`Client ${client} is forgotten.`);
    },
  );

  command('invite', 'make a token that lets clients in')
    .option('--population <name>', 'which one it leads into', 'default')
    .option('--uses <n>', 'how many clients it lets in [1]')
    .option('--hours <n>', 'how long it holds [168]')
    .action(async (flags: Flags & { population: string; uses?: string; hours?: string }) => {
      const { population, uses, hours } = flags;
      const expiresInMs = hours === undefined ? undefined : Number(hours) * HOUR_MS;
      if (expiresInMs !== undefined && !Number.isInteger(expiresInMs)) {
        throw new ConfigError(`--hours must be a number, got "${hours}"`);
      }
      const api = await openControl(flags);
      const made = await api.call<Invitation & { token: string }>('POST', '/invitations', {
        population,
        ...(uses === undefined ? {} : { uses: asNumber(uses) }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      });
      if (flags.json) return printJson(made);
      print(made.token);
      printNotice('Hand it to the client over a safe way; it is not shown again.');
    });

  command('invitations', 'invitations, the newest first').action(async (flags: Flags) => {
    const api = await openControl(flags);
    const { items } = await api.call<{ items: Invitation[] }>('GET', '/invitations');
    if (flags.json) return items.forEach(printJson);
    print(
      items.length === 0
        ? 'There are no invitations.'
        : invitationTable(items, Date.now(), terminalOptions()),
    );
  });

  command('withdraw', 'let an invitation expire now')
    .argument('<invitation>', 'its number')
    .action(async (id: string, flags: Flags) => {
      const api = await openControl(flags);
      const withdrawn = await api.call<Invitation>('DELETE', `/invitations/${encodeURIComponent(id)}`);
      if (flags.json) return printJson(withdrawn);
      print(`Invitation ${withdrawn.id} holds no more.`);
    });
}
