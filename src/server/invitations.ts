/**
 * Invitations: tokens that let so many clients into one population until they expire.
 *
 * Threats: a token is guessed, stolen, used twice or elsewhere, or read out of the database; whoever tries tokens learns
 * which ones exist, by the answer or by its time. Every one that does not hold is refused in the same sentence, after
 * the same statements; only the audit log knows why.
 */
import { ConfigError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import type { Actor, AuditLog } from './audit-log.js';
import { isPlainText } from './client-record.js';
import type { Database } from './database.js';
import { hashToken, newToken, sameHash } from './secret-token.js';
import type { SqlRow } from './sqlite-driver.js';

/** What an operator asks for. */
interface InvitationRequest {
  readonly population: string;
  /** How many clients it lets in: 1 to 1,000,000; 1 by default. */
  readonly uses?: number;
  /** From 1 minute to 1 year; 7 days by default. */
  readonly expiresInMs?: number;
}

/** An invitation without its token, which nobody knows but who was given it. */
export interface Invitation {
  readonly id: number;
  readonly population: string;
  readonly uses: number;
  readonly used: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly createdBy: Actor;
}

/** What operators do with invitations. */
export interface Invitations {
  /**
   * Makes an invitation; its token is handed out here and never again.
   *
   * @throws {ConfigError} when the request is out of its bounds.
   */
  invite(request: InvitationRequest, by: Actor): Promise<Invitation & { readonly token: string }>;
  /** The newest 1,000, the newest first. */
  list(): Invitation[];
  /**
   * Lets an invitation expire now.
   *
   * @throws {Refusal} `not-found`.
   */
  withdraw(id: number, by: Actor): Promise<Invitation>;
}

/** What a token is worth: the invitation's population, or why it is worth nothing. */
export type Judgement =
  | { readonly holds: true; readonly id: number; readonly population: string }
  | { readonly holds: false; readonly why: 'unknown' | 'expired' | 'used' | 'foreign' };

const MOST_USES = 1_000_000;
const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** Stands for an invitation that does not exist, so that it is judged as long as one that does. */
const NOBODYS: SqlRow = { id: 0, hash: new Uint8Array(32), population: '', uses: 0, used: 0, expires_at: 0 };

/** Invitations in a database; `now` in milliseconds since 1970. */
export function createInvitations(database: Database, audit: AuditLog, now: () => number): Invitations {
  return {
    invite: async (request, by) => {
      const { population, uses = 1, expiresInMs = WEEK_MS } = request;
      checkRequest(population, uses, expiresInMs);
      const token = newToken('invitation');
      const made = await database.write(() => {
        const sql = `INSERT INTO invitations (hash, population, uses, created_at, expires_at, created_by)
          VALUES (?, ?, ?, ?, ?, ?) RETURNING *`;
        const at = now();
        const values = [hashToken(token), population, uses, at, at + expiresInMs, by];
        const invitation = invitationOf(database.query(sql, ...values)[0] as SqlRow);
        audit.append({
          actor: by,
          action: 'invitation-made',
          subject: `invitation ${invitation.id}`,
          detail: `for ${uses} of population ${population}`,
        });
        return invitation;
      });
      return { ...made, token };
    },
    list: () => database.query('SELECT * FROM invitations ORDER BY id DESC LIMIT 1000').map(invitationOf),
    withdraw: (id, by) =>
      database.write(() => {
        const sql = 'UPDATE invitations SET expires_at = min(expires_at, ?) WHERE id = ? RETURNING *';
        const row = database.query(sql, now(), id)[0];
        if (!row) throw new Refusal('not-found', `There is no invitation ${id}`);
        audit.append({
          actor: by,
          action: 'invitation-withdrawn',
          subject: `invitation ${id}`,
          detail: '',
        });
        return invitationOf(row);
      }),
  };
}

/**
 * What a token is worth, as a part of the write that is running; it is not used up by that.
 *
 * @param wanted the population that the client wants to join; empty: any
 */
export function judgeInvitation(database: Database, token: string, wanted: string, now: number): Judgement {
  const hash = hashToken(token);
  const found = database.query('SELECT * FROM invitations WHERE hash = ?', hash)[0] ?? NOBODYS;
  // All of them, always: a check that is left out could be measured.
  const isKnown = sameHash(found.hash as Uint8Array, hash);
  const isFresh = now < Number(found.expires_at);
  const isUnused = Number(found.used) < Number(found.uses);
  const isMeant = wanted === '' || sameHash(hashToken(wanted), hashToken(String(found.population)));
  if (isKnown && isFresh && isUnused && isMeant) {
    return { holds: true, id: Number(found.id), population: String(found.population) };
  }
  return { holds: false, why: !isKnown ? 'unknown' : !isFresh ? 'expired' : !isUnused ? 'used' : 'foreign' };
}

/** Uses an invitation up by one, as a part of the write that is running. */
export function useInvitation(database: Database, id: number): void {
  database.query('UPDATE invitations SET used = used + 1 WHERE id = ?', id);
}

function checkRequest(population: string, uses: number, expiresInMs: number): void {
  if (population === '' || !isPlainText(population)) {
    throw new ConfigError('population must be plain text of 1 to 100 characters');
  }
  if (!Number.isInteger(uses) || uses < 1 || uses > MOST_USES) {
    throw new ConfigError(`uses must be an integer from 1 to ${MOST_USES}, got ${uses}`);
  }
  if (!Number.isInteger(expiresInMs) || expiresInMs < MINUTE_MS || expiresInMs > YEAR_MS) {
    throw new ConfigError(`expiresInMs must be from a minute to a year, got ${expiresInMs}`);
  }
}

function invitationOf(row: SqlRow): Invitation {
  return {
    id: Number(row.id),
    population: String(row.population),
    uses: Number(row.uses),
    used: Number(row.used),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    createdBy: String(row.created_by) as Actor,
  };
}
