/** `tessera operators`: who may look at a server and who may steer it, and what they have done. */
import { type Command, Option } from 'commander';
import type { AuditLine } from '../server/audit-log.js';
import type { OperatorRecord } from '../server/operators.js';
import { addControlFlags, type ControlFlags, openControl } from './control-api.js';
import { auditLines, operatorTable } from './control-view.js';
import { asNumber } from './flag-values.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';

type Flags = ControlFlags & { readonly json?: boolean };

export function addOperatorsCommand(program: Command): void {
  const operators = program.command('operators').description("a server's operators: add, list and revoke");
  const command = (name: string, description: string) =>
    addControlFlags(operators.command(name).description(description))
      .option('--json', 'print JSON')
      .allowExcessArguments(false);

  command('list', 'all tokens that were ever made, one a line').action(async (flags: Flags) => {
    const api = await openControl(flags);
    const { items } = await api.call<{ items: OperatorRecord[] }>('GET', '/operators');
    if (flags.json) return items.forEach(printJson);
    print(operatorTable(items, terminalOptions()));
  });

  command('add', 'make a token for somebody')
    .argument('<name>', 'who it is for, as the audit log will say')
    .addOption(
      new Option('--role <role>', 'viewers look, operators act too')
        .choices(['viewer', 'operator'])
        .default('viewer'),
    )
    .action(async (name: string, flags: Flags & { role: string }) => {
      const api = await openControl(flags);
      const made = await api.call<OperatorRecord & { token: string }>('POST', '/operators', {
        name,
        role: flags.role,
      });
      if (flags.json) return printJson(made);
      print(made.token);
      printNotice(`A token for ${made.name} (${made.role}); it is not shown again.`);
    });

  command('revoke', 'end a token')
    .argument('<operator>', 'its number')
    .action(async (id: string, flags: Flags) => {
      const api = await openControl(flags);
      const revoked = await api.call<OperatorRecord>('DELETE', `/operators/${encodeURIComponent(id)}`);
      if (flags.json) return printJson(revoked);
      print(`The token of ${revoked.name} holds no more.`);
    });

  command('audit', 'who did what and when, the newest first')
    .option('--limit <n>', 'how many lines', '100')
    .option('--before <n>', 'lines older than this one')
    .action(async (flags: Flags & { limit: string; before?: string }) => {
      const api = await openControl(flags);
      const { limit, before } = flags;
      const query = new URLSearchParams({
        limit: String(asNumber(limit)),
        ...(before === undefined ? {} : { before }),
      });
      const { items } = await api.call<{ items: AuditLine[] }>('GET', `/audit?${query}`);
      if (flags.json) return items.forEach(printJson);
      print(items.length === 0 ? 'There are no such lines.' : auditLines(items, terminalOptions()));
    });
}
