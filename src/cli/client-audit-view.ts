/** The audit log of a client as a table: one row an attempt to send, with what the server said to it. */
import type { AuditEntry } from '../client/audit-entry.js';
import type { AuditLine } from '../client/node/audit-lines.js';
import { describeProtection } from '../client/protection.js';
import { formatBytes } from '../format.js';
import type { TerminalOptions } from './terminal/style.js';
import { table } from './terminal/table.js';

type Sending = Extract<AuditEntry, { type: 'sending' }>;
type Row = { readonly time: string; readonly sending: Sending; answer: string };

/** The oldest first. */
export function auditTable(lines: readonly AuditLine[], options: TerminalOptions): string {
  return table(
    [
      { header: 'Time', whole: true },
      { header: 'Sent', whole: true },
      { header: 'Run' },
      { header: 'Round' },
      { header: 'Bytes', align: 'right' },
      { header: 'Examples' },
      { header: 'Protection' },
      { header: 'Answer' },
    ],
    rowsOf(lines).map(({ time, sending, answer }) => [
      `${time.slice(0, 19).replace('T', ' ')} UTC`,
      sending.kind,
      sending.runId ?? null,
      sending.round ?? null,
      formatBytes(sending.bytes),
      sending.exampleCount ?? null,
      protectionOf(sending),
      answer,
    ]),
    options,
  );
}

/** A receipt belongs to the last attempt that sent the same bytes. */
function rowsOf(lines: readonly AuditLine[]): Row[] {
  const rows: Row[] = [];
  const last = new Map<string, Row>();
  for (const line of lines) {
    if (line.type === 'sending') {
      const row = { time: line.time, sending: line, answer: 'none' };
      rows.push(row);
      last.set(line.sha256, row);
      continue;
    }
    const row = last.get(line.sha256);
    if (row) row.answer = line.detail === '' ? line.outcome : `${line.outcome}: ${line.detail}`;
  }
  return rows;
}

function protectionOf({ protection }: Sending): string {
  const unsaid = { differentialPrivacy: false, secureAggregation: false, minimumCohort: 1 };
  return describeProtection({ ...unsaid, ...protection });
}
