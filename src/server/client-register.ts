/**
 * The clients of a server: found by key in memory at every request, kept in the database at every change.
 *
 * Memory follows the database: a change is seen here once it is on the disk, and before its promise resolves.
 */
import { Refusal } from '../protocol/problem.js';
import type { Actor, AuditLog } from './audit-log.js';
import {
  type ClientRecord,
  type ClientStatus,
  checkEnrolment,
  clientActor,
  type Enrolment,
  recordOf,
} from './client-record.js';
import type { Database } from './database.js';
import { changeClient, decideEnrolment, type EnrolmentPolicy, type EnrolmentSettings } from './enrol.js';

/** What the register does. */
export interface ClientRegister {
  /**
   * Makes a key known, or says what is known of it: the same key always gets the same record, so that a lost answer may
   * be asked for again.
   *
   * @throws {Refusal} `bad-request`, `wrong-invitation`, `revoked`, `conflict` or `unavailable`.
   */
  enrol(enrolment: Enrolment, policy: EnrolmentPolicy): Promise<ClientRecord>;
  /** The client of a key, whatever its status. */
  find(keyId: string): ClientRecord | undefined;
  /** The client of an index. */
  at(index: number): ClientRecord | undefined;
  /** Clients by index. */
  list(filter?: { readonly population?: string; readonly status?: ClientStatus }): ClientRecord[];
  /** How many there are of each status. */
  counts(): Readonly<Record<ClientStatus, number>>;
  /** Notes that a client was heard of; written down with others, at the latest after a minute. */
  touch(keyId: string): void;
  /**
   * Lets a pending client take part; an approved one stays so.
   *
   * @throws {Refusal} `not-found`, or `conflict` for a revoked one.
   */
  approve(keyId: string, by: Actor): Promise<ClientRecord>;
  /**
   * Shuts a client out, for good.
   *
   * @throws {Refusal} `not-found`.
   */
  revoke(keyId: string, by: Actor): Promise<ClientRecord>;
  /**
   * Deletes key, name and attributes, also from the bytes of the file; of a revoked client the name of its key stays.
   * A key that is no client's is forgotten already.
   *
   * @param by the client itself unless said otherwise
   */
  forget(keyId: string, by?: Actor): Promise<void>;
  /** Writes down who was heard of. */
  flush(): Promise<void>;
}

const FLUSH_MS = 60_000;
/** Clients in one commit, some milliseconds of work. */
const FLUSH_PART = 500;

/** The register in a database; `now` in milliseconds since 1970. */
export function createClientRegister(
  database: Database,
  audit: AuditLog,
  settings: EnrolmentSettings,
  now: () => number,
): ClientRegister {
  const byKey = new Map<string, ClientRecord>();
  const byIndex = new Map<number, ClientRecord>();
  const counts = { pending: 0, approved: 0, revoked: 0 };
  const seen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const remove = (keyId: string) => {
    const record = byKey.get(keyId);
    if (!record) return;
    byKey.delete(keyId);
    byIndex.delete(record.index);
    seen.delete(keyId);
    counts[record.status]--;
  };
  const keep = (changed: ClientRecord) => {
    const before = byKey.get(changed.keyId);
    if (before) counts[before.status]--;
    counts[changed.status]++;
    // The database learns later when somebody was heard of.
    const lastSeenAt = Math.max(changed.lastSeenAt, before?.lastSeenAt ?? 0);
    const record = { ...changed, lastSeenAt };
    byKey.set(record.keyId, record);
    byIndex.set(record.index, record);
    return record;
  };
  for (const row of database.query('SELECT * FROM clients ORDER BY id')) keep(recordOf(row));

  /** A change by an operator; `decide` throws a refusal or says which status to give, undefined for none. */
  const change = async (
    keyId: string,
    by: Actor,
    action: 'client-approved' | 'client-revoked',
    decide: (record: ClientRecord) => ClientStatus | undefined,
  ) =>
    keep(
      await database.write(() => {
        const record = recordIn(database, keyId);
        if (!record) throw new Refusal('not-found', `There is no client ${keyId}`);
        const status = decide(record);
        if (status === undefined) return record;
        audit.append({ actor: by, action, subject: clientActor(record), detail: '' });
        return changeClient(database, keyId, status, record.population);
      }),
    );

  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const records = [...seen].flatMap((keyId) => byKey.get(keyId) ?? []);
    seen.clear();
    const sql = 'UPDATE clients SET last_seen_at = ? WHERE key_id = ?';
    // In parts, between which requests are answered.
    for (let start = 0; start < records.length; start += FLUSH_PART) {
      await database.write(() => {
        for (const { keyId, lastSeenAt } of records.slice(start, start + FLUSH_PART)) {
          database.query(sql, lastSeenAt, keyId);
        }
      });
    }
  };

  return {
    enrol: async (enrolment, policy) => {
      checkEnrolment(enrolment);
      const outcome = await database.write(() =>
        decideEnrolment(database, audit, enrolment, policy, settings, now()),
      );
      if (outcome.type === 'refused') throw new Refusal(outcome.problem, outcome.detail);
      return keep(outcome.record);
    },
    find: (keyId) => byKey.get(keyId),
    at: (index) => byIndex.get(index),
    list: ({ population, status } = {}) =>
      [...byIndex.values()].filter(
        (record) =>
          (population === undefined || record.population === population) &&
          (status === undefined || record.status === status),
      ),
    counts: () => ({ ...counts }),
    touch: (keyId) => {
      const record = byKey.get(keyId);
      if (!record) return;
      keep({ ...record, lastSeenAt: now() });
      seen.add(keyId);
      // What is lost when it cannot be written is only when somebody was here.
      timer ??= setTimeout(() => flush().catch(() => {}), FLUSH_MS).unref();
    },
    approve: (keyId, by) =>
      change(keyId, by, 'client-approved', ({ index, status }) => {
        if (status === 'revoked') {
          throw new Refusal('conflict', `Client ${index} is revoked, and a revoked key stays so`);
        }
        return status === 'pending' ? 'approved' : undefined;
      }),
    revoke: (keyId, by) =>
      change(keyId, by, 'client-revoked', ({ status }) => (status === 'revoked' ? undefined : 'revoked')),
    forget: async (keyId, by) => {
      const found = await database.write(() => {
        const record = recordIn(database, keyId);
        if (!record) return false;
        if (record.status === 'revoked')
          database.query('INSERT INTO revoked_keys (key_id) VALUES (?)', keyId);
        database.query('DELETE FROM clients WHERE key_id = ?', keyId);
        const client = clientActor(record);
        audit.append({
          actor: by ?? client,
          action: 'client-forgotten',
          subject: by ? client : '',
          detail: '',
        });
        return true;
      });
      remove(keyId);
      if (found) database.checkpoint();
    },
    flush,
  };
}

function recordIn(database: Database, keyId: string): ClientRecord | undefined {
  const row = database.query('SELECT * FROM clients WHERE key_id = ?', keyId)[0];
  return row && recordOf(row);
}
