/** `tessera client audit`: what a client sent, and whether its log is whole. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AuditLine, readAuditLog, verifyAuditLog } from '../client/node/audit-lines.js';
import { clientPaths, DEFAULT_CLIENT_FOLDER } from '../client/node/client-folder.js';
import { StoreError } from '../errors.js';
import { formatPlural } from '../format.js';
import { auditTable } from './client-audit-view.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';

interface AuditFlags {
  readonly folder: string;
  readonly verify?: boolean;
  readonly known?: string;
  readonly json?: boolean;
}

/** Adds the command under `tessera client`. */
export function addClientAuditCommand(parent: Command): void {
  parent
    .command('audit')
    .description('everything that the client sent: when, where, how much, under which protection')
    .addOption(new Option('--folder <folder>', "the client's folder").default(DEFAULT_CLIENT_FOLDER))
    .option('--verify', 'check that no line was changed, removed or put in')
    .addOption(
      new Option('--known <hash>', 'with --verify: the hash of a line that must be there').argParser(
        parseHash,
      ),
    )
    .addOption(new Option('--json', 'print one entry a line'))
    .allowExcessArguments(false)
    .action(async (flags: AuditFlags) => {
      const path = clientPaths(flags.folder).audit;
      if (flags.verify) return verify(path, flags);
      if (flags.json) {
        for await (const line of readAuditLog(path)) printJson(line);
        return;
      }
      const lines: AuditLine[] = [];
      for await (const line of readAuditLog(path)) lines.push(line);
      print(lines.length === 0 ? 'Nothing was sent.' : auditTable(lines, terminalOptions()));
    });
}

async function verify(path: string, { known, json }: AuditFlags): Promise<void> {
  const check = await verifyAuditLog(path, known);
  if (json) printJson(check);
  if (!check.intact) throw new StoreError(`${path} is broken at line ${check.line}: ${check.reason}`);
  if (json) return;
  print(`${formatPlural(check.lines, 'line')}, each as it was written. Hash of the last: ${check.lastHash}`);
  printNotice(
    'Keep that hash elsewhere: with --known it shows later whether the end was cut off, or the log made anew.',
  );
}

function parseHash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 64 hexadecimal digits in lower case.');
}
