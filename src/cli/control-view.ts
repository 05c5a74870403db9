/** What the control API answers, as tables. Names are the clients': tables make them safe to show. */
import type { AuditLine } from '../server/audit-log.js';
import type { ClientView, RunOverview } from '../server/control-messages.js';
import type { Invitation } from '../server/invitations.js';
import type { OperatorRecord } from '../server/operators.js';
import type { TerminalOptions } from './terminal/style.js';
import { table } from './terminal/table.js';

/** As much of a key's name as logs have; commands take numbers, and JSON has all of it. */
const KEY_START = 8;

/** Runs of a server, one a line. */
export function servedRunTable(runs: readonly RunOverview[], options: TerminalOptions): string {
  return table(
    [
      { header: 'run', whole: true },
      { header: 'status', whole: true },
      { header: 'model' },
      { header: 'population' },
      { header: 'round', align: 'right' },
      { header: 'of', align: 'right' },
      { header: 'accuracy', align: 'right' },
      { header: 'loss', align: 'right' },
      { header: 'why' },
    ],
    runs.map((run) => [
      ...[run.runId, run.status, run.model, run.population],
      ...[run.round, run.rounds, run.accuracy, run.loss],
      run.failure ?? run.reason,
    ]),
    options,
  );
}

/** Clients, one a line. */
export function clientTable(clients: readonly ClientView[], options: TerminalOptions): string {
  return table(
    [
      { header: 'client', align: 'right' },
      { header: 'status', whole: true },
      { header: 'name' },
      { header: 'population' },
      { header: 'attributes' },
      { header: 'there', whole: true },
      { header: 'last seen', whole: true },
      { header: 'key', whole: true },
    ],
    clients.map(
      ({ index, status, name, population, attributes, present, busyWith, lastSeenAt, clientId }) => [
        ...[index, status, name, population],
        Object.entries(attributes)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
        busyWith === null ? (present ? 'waits' : '') : `works for ${busyWith}`,
        timeOf(lastSeenAt),
        clientId.slice(0, KEY_START),
      ],
    ),
    options,
  );
}

/** Invitations, one a line. @param now milliseconds since 1970 */
export function invitationTable(
  invitations: readonly Invitation[],
  now: number,
  options: TerminalOptions,
): string {
  return table(
    [
      { header: 'invitation', align: 'right' },
      { header: 'population' },
      { header: 'used', align: 'right' },
      { header: 'of', align: 'right' },
      { header: 'holds until', whole: true },
      { header: 'made by' },
    ],
    invitations.map(({ id, population, used, uses, expiresAt, createdBy }) => [
      ...[id, population, used, uses],
      expiresAt <= now ? 'holds no more' : timeOf(expiresAt),
      createdBy,
    ]),
    options,
  );
}

/** Operators' tokens, one a line. */
export function operatorTable(operators: readonly OperatorRecord[], options: TerminalOptions): string {
  return table(
    [
      { header: 'operator', align: 'right' },
      { header: 'name' },
      { header: 'role', whole: true },
      { header: 'since', whole: true },
      { header: 'revoked', whole: true },
    ],
    operators.map(({ id, name, role, createdAt, revokedAt }) => [
      ...[id, name, role, timeOf(createdAt)],
      revokedAt === null ? null : timeOf(revokedAt),
    ]),
    options,
  );
}

/** The audit log of a server, one entry a line. */
export function auditLines(lines: readonly AuditLine[], options: TerminalOptions): string {
  return table(
    [
      { header: 'line', align: 'right' },
      { header: 'time', whole: true },
      { header: 'who' },
      { header: 'what', whole: true },
      { header: 'of' },
      { header: 'detail' },
    ],
    lines.map(({ id, at, actor, action, subject, detail }) => [
      id,
      timeOf(at),
      actor,
      action,
      subject,
      detail,
    ]),
    options,
  );
}

/** UTC, to the minute. */
function timeOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
