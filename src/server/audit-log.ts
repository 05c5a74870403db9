/**
 * Who did what and when: operators' actions, enrolments, refused keys. Only ever appended to; no statement here, and a
 * trigger against any elsewhere, changes or deletes a line. Clients appear by index, never by name, so that a line says
 * nothing personal once its client is forgotten.
 *
 * Threat: whoever may knock without a key could fill the disk with refusals. Those are written up to a number a minute;
 * the next line says how many were left out.
 */
import type { Database } from './database.js';
import type { SqlRow } from './sqlite-driver.js';

/** What happened. */
export type AuditAction =
  | 'client-enrolled'
  | 'client-approved'
  | 'client-revoked'
  | 'client-forgotten'
  | 'client-refused'
  | 'invitation-made'
  | 'invitation-withdrawn'
  | 'operator-added'
  | 'operator-revoked'
  | 'operator-refused'
  | 'run-started'
  | 'run-stopped'
  | 'run-paused'
  | 'run-resumed'
  | 'settings-changed';

/** Who did something: whoever runs the server, an operator by name, a client by index, or a key by the start of its id. */
export type Actor = 'server' | `operator ${string}` | `client ${number}` | `key ${string}`;

/** One line to be. */
interface AuditEntry {
  readonly actor: Actor;
  readonly action: AuditAction;
  /** What it was done to, such as `client 3`; empty for nothing else than the actor. */
  readonly subject: string;
  /** Words for people; nothing personal. */
  readonly detail: string;
}

/** A line that was written. */
export interface AuditLine extends AuditEntry {
  /** From 1, rising. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Which lines to read. */
interface AuditQuery {
  /** Milliseconds since 1970: from here on. */
  readonly from?: number;
  /** Milliseconds since 1970: before here. */
  readonly to?: number;
  /** Lines before this one: the last `id` of the page before. */
  readonly before?: number;
  /** 1 to 1,000; 100 by default. */
  readonly limit?: number;
}

/** The log of a server. */
export interface AuditLog {
  /** Adds a line; resolves when it is on the disk. */
  record(entry: AuditEntry): Promise<void>;
  /** As `record`, for what strangers can cause at will: at most so many a minute are written. */
  recordRefusal(entry: AuditEntry): Promise<void>;
  /** Adds a line as a part of the write that is running. */
  append(entry: AuditEntry): void;
  /** As `recordRefusal`, as a part of the write that is running. */
  appendRefusal(entry: AuditEntry): void;
  /** The newest lines first. */
  read(query?: AuditQuery): AuditLine[];
}

const MOST_LINES = 1000;
const MINUTE_MS = 60_000;

/**
 * The audit log in a database.
 *
 * @param now milliseconds since 1970
 * @param refusalsPerMinute how many refusals are written a minute
 */
export function createAuditLog(database: Database, now: () => number, refusalsPerMinute = 60): AuditLog {
  let minute = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;

  const append = ({ actor, action, subject, detail }: AuditEntry) => {
    const sql = 'INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)';
    database.query(sql, now(), actor, action, subject, detail);
  };
  const appendRefusal = (entry: AuditEntry) => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== minute) {
      minute = current;
      written = 0;
    }
    if (written >= refusalsPerMinute) {
      leftOut++;
      return;
    }
    written++;
    append(leftOut === 0 ? entry : { ...entry, detail: `${entry.detail} (${leftOut} more were left out)` });
    leftOut = 0;
  };
  const read = ({
    from = 0,
    to = Number.MAX_SAFE_INTEGER,
    before = Number.MAX_SAFE_INTEGER,
    limit = 100,
  }: AuditQuery = {}) => {
    const sql = 'SELECT * FROM audit WHERE at >= ? AND at < ? AND id < ? ORDER BY id DESC LIMIT ?';
    const count = Math.min(Math.max(Math.trunc(limit) || 1, 1), MOST_LINES);
    return database.query(sql, from, to, before, count).map(lineOf);
  };
  return {
    record: (entry) => database.write(() => append(entry)),
    recordRefusal: (entry) => database.write(() => appendRefusal(entry)),
    append,
    appendRefusal,
    read,
  };
}

function lineOf({ id, at, actor, action, subject, detail }: SqlRow): AuditLine {
  return {
    id: Number(id),
    at: Number(at),
    actor: String(actor) as Actor,
    action: String(action) as AuditAction,
    subject: String(subject),
    detail: String(detail),
  };
}
