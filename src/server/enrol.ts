/**
 * How a key becomes a client's.
 *
 * Threats: a stranger without or with another's invitation, one that was used up, a revoked key that comes back by
 * another door, a client that leaves to shed its revocation, strangers who fill the register so that invited clients
 * find no place, two requests at once for the last use of an invitation. Everything is decided and written in one
 * transaction.
 */
import type { Refusal } from '../protocol/problem.js';
import type { AuditLog } from './audit-log.js';
import { type ClientRecord, clientActor, type Enrolment, keyActor, recordOf } from './client-record.js';
import type { Database } from './database.js';
import { judgeInvitation, useInvitation } from './invitations.js';
import type { SqlRow } from './sqlite-driver.js';

/** Who gets in without an invitation: nobody, who an operator approves later, or anybody. */
export type EnrolmentPolicy = 'invitation' | 'approval' | 'open';

/** Bounds of the register, and where clients without an invitation go. */
export interface EnrolmentSettings {
  /** Of clients that come without an invitation, where the policy lets them. */
  readonly openPopulation: string;
  /** All clients together. */
  readonly maxClients: number;
  /** Clients that wait for approval, who may be anybody. */
  readonly maxPending: number;
}

/** A record, or a refusal that is to be thrown once it is written down. */
export type EnrolmentOutcome =
  | { readonly type: 'known' | 'changed'; readonly record: ClientRecord }
  | { readonly type: 'refused'; readonly problem: Refusal['problem']; readonly detail: string };

/** The one sentence for every invitation that does not hold. */
const WRONG_INVITATION = 'The invitation is not valid here (any more): ask the operator for a new one';

/** Decides about a checked enrolment, as a part of the write that is running. */
export function decideEnrolment(
  database: Database,
  audit: AuditLog,
  enrolment: Enrolment,
  policy: EnrolmentPolicy,
  settings: EnrolmentSettings,
  now: number,
): EnrolmentOutcome {
  const { keyId, invitation, population: wanted = '' } = enrolment;
  const row = database.query('SELECT * FROM clients WHERE key_id = ?', keyId)[0];
  const known = row && recordOf(row);
  const actor = known ? clientActor(known) : keyActor(keyId);
  const refuse = (problem: Refusal['problem'], detail: string, why = ''): EnrolmentOutcome => {
    audit.appendRefusal({ actor, action: 'client-refused', subject: '', detail: why || problem });
    return { type: 'refused', problem, detail };
  };

  if (known?.status === 'revoked' || isRevoked(database, keyId)) {
    return refuse('revoked', 'This key was revoked by an operator');
  }
  if (known?.status === 'approved') {
    if (wanted !== '' && wanted !== known.population) {
      return refuse('conflict', 'This key belongs to another population: use another key for this one');
    }
    return { type: 'known', record: known };
  }
  if (invitation !== undefined) {
    const judgement = judgeInvitation(database, invitation, wanted, now);
    if (!judgement.holds) {
      return refuse('wrong-invitation', WRONG_INVITATION, `${judgement.why} invitation`);
    }
    if (!known && countOf(database, 'total') >= settings.maxClients) return refuse('unavailable', FULL);
    useInvitation(database, judgement.id);
    return admit(`invitation ${judgement.id}`, 'approved', judgement.population);
  }
  if (known && policy !== 'open') return { type: 'known', record: known };
  if (policy === 'invitation') return refuse('wrong-invitation', 'An invitation is needed to join here');
  if (wanted !== '' && wanted !== settings.openPopulation) {
    return refuse('wrong-invitation', 'An invitation is needed to join this population');
  }
  if (known && known.population !== settings.openPopulation) return { type: 'known', record: known };
  if (!known && countOf(database, 'total') >= settings.maxClients) return refuse('unavailable', FULL);
  if (policy === 'approval' && countOf(database, 'pending') >= settings.maxPending) {
    return refuse(
      'unavailable',
      'Too many clients wait for approval: come back later, or with an invitation',
    );
  }
  return admit(policy, policy === 'open' ? 'approved' : 'pending', settings.openPopulation);

  function admit(by: string, status: 'pending' | 'approved', population: string): EnrolmentOutcome {
    const record = known
      ? changeClient(database, keyId, status, population)
      : addClient(database, enrolment, status, population, now);
    audit.append({ actor: clientActor(record), action: 'client-enrolled', subject: by, detail: status });
    return { type: 'changed', record };
  }
}

const FULL = 'This server takes no more clients';

/** Gives a client another status, as a part of the write that is running; undefined where the key is no client's. */
export function changeClient(
  database: Database,
  keyId: string,
  status: ClientRecord['status'],
  population: string,
): ClientRecord {
  const sql = 'UPDATE clients SET status = ?, population = ? WHERE key_id = ? RETURNING *';
  return recordOf(database.query(sql, status, population, keyId)[0] as SqlRow);
}

function addClient(
  database: Database,
  { keyId, publicKey, name = '', attributes = {} }: Enrolment,
  status: 'pending' | 'approved',
  population: string,
  now: number,
): ClientRecord {
  const sql = `INSERT INTO clients
    (key_id, public_key, name, population, status, attributes, created_at, last_seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`;
  const text = JSON.stringify(attributes);
  const values = [keyId, publicKey, name, population, status, text, now, now];
  return recordOf(database.query(sql, ...values)[0] as SqlRow);
}

function isRevoked(database: Database, keyId: string): boolean {
  return database.query('SELECT 1 FROM revoked_keys WHERE key_id = ?', keyId).length > 0;
}

function countOf(database: Database, which: 'total' | 'pending'): number {
  const where = which === 'total' ? '' : ` WHERE status = 'pending'`;
  return Number(database.query(`SELECT count(*) AS number FROM clients${where}`)[0]?.number);
}
