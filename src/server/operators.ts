/**
 * Operators' tokens: who may look (`viewer`) and who may act (`operator`).
 *
 * Threats: a token is guessed or read out of the database (only hashes are stored), a comparison's time says how near a
 * guess is (every token is compared with, in constant time), a leaked token goes on working (revoked ones do not), the
 * last operator locks all out, a name is made to look like another's in the audit log.
 */
import { ConfigError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import type { Actor, AuditLog } from './audit-log.js';
import { isPlainText } from './client-record.js';
import type { Database } from './database.js';
import { hashToken, newToken, sameHash } from './secret-token.js';
import type { SqlRow } from './sqlite-driver.js';

/** Looks only, or acts too. */
export type Role = 'viewer' | 'operator';

/** Who stands behind a request of an operator. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
}

/** A token without itself. */
export interface OperatorRecord extends Identity {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null while it works. */
  readonly revokedAt: number | null;
}

/** Operators' tokens of a server. */
export interface Operators {
  /** Whose token it is; undefined for one that was revoked or never made. */
  signIn(bearer: string): Identity | undefined;
  /**
   * Makes a token, which is handed out here and never again.
   *
   * @param by who asks for it
   * @throws {ConfigError} when the name is none or taken, or there are 1,000 already.
   */
  add(identity: Identity, by: Actor): Promise<OperatorRecord & { readonly token: string }>;
  /** All that were ever made. */
  list(): OperatorRecord[];
  /**
   * Ends a token.
   *
   * @throws {Refusal} `not-found`, or `conflict` when it is the last operator's.
   */
  revoke(id: number, by: Actor): Promise<OperatorRecord>;
}

const MOST_TOKENS = 1000;
/** No colon: `oidc:` stands before the names that an identity provider gives. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u;

interface Stored {
  readonly record: OperatorRecord;
  readonly hash: Uint8Array;
}

/**
 * Operators in a database; `now` in milliseconds since 1970.
 *
 * @returns also the token of the first operator, made when there was none ever
 */
export async function createOperators(
  database: Database,
  audit: AuditLog,
  now: () => number,
): Promise<{ readonly operators: Operators; readonly firstToken?: string }> {
  const stored = new Map<number, Stored>();
  const keep = (row: SqlRow) => {
    const record = recordOf(row);
    stored.set(record.id, { record, hash: row.hash as Uint8Array });
    return record;
  };
  for (const row of database.query('SELECT * FROM operators ORDER BY id')) keep(row);

  const operators: Operators = {
    signIn: (bearer) => {
      const hash = hashToken(bearer);
      let found: Identity | undefined;
      for (const { record, hash: other } of stored.values()) {
        const isSame = sameHash(hash, other);
        if (isSame && record.revokedAt === null) found = { name: record.name, role: record.role };
      }
      return found;
    },
    add: async ({ name, role }, by) => {
      if (!NAME.test(name) || !isPlainText(name)) {
        throw new ConfigError('name must be 1 to 100 letters, digits, blanks and . _ @ -');
      }
      const token = newToken('operator');
      const row = await database.write(() => {
        const rows = database.query('SELECT name, revoked_at FROM operators');
        if (rows.length >= MOST_TOKENS) throw new ConfigError(`there are ${MOST_TOKENS} operators already`);
        if (rows.some((other) => other.name === name && other.revoked_at === null)) {
          throw new ConfigError(`name must be no other operator's, got ${name}`);
        }
        const sql = 'INSERT INTO operators (name, role, hash, created_at) VALUES (?, ?, ?, ?) RETURNING *';
        const added = database.query(sql, name, role, hashToken(token), now())[0] as SqlRow;
        audit.append({ actor: by, action: 'operator-added', subject: `operator ${name}`, detail: role });
        return added;
      });
      return { ...keep(row), token };
    },
    list: () => [...stored.values()].map(({ record }) => record),
    revoke: async (id, by) =>
      keep(
        await database.write(() => {
          const row = database.query('SELECT * FROM operators WHERE id = ?', id)[0];
          if (!row) throw new Refusal('not-found', `There is no operator ${id}`);
          if (row.revoked_at !== null) return row;
          const sql = `SELECT 1 FROM operators WHERE role = 'operator' AND revoked_at IS NULL AND id <> ?`;
          if (row.role === 'operator' && database.query(sql, id).length === 0) {
            throw new Refusal('conflict', 'The last operator stays: add another one first');
          }
          const subject = `operator ${row.name}`;
          audit.append({ actor: by, action: 'operator-revoked', subject, detail: '' });
          const change = 'UPDATE operators SET revoked_at = ? WHERE id = ? RETURNING *';
          return database.query(change, now(), id)[0] as SqlRow;
        }),
      ),
  };
  if (stored.size > 0) return { operators };
  const { token } = await operators.add({ name: 'first', role: 'operator' }, 'server');
  return { operators, firstToken: token };
}

function recordOf({ id, name, role, created_at, revoked_at }: SqlRow): OperatorRecord {
  return {
    id: Number(id),
    name: String(name),
    role: String(role) as Role,
    createdAt: Number(created_at),
    revokedAt: revoked_at === null ? null : Number(revoked_at),
  };
}
