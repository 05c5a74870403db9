/** Who may do what: clients, invitations, operators and the audit log of a server, in one database. */
import { type AuditLog, createAuditLog } from './audit-log.js';
import { type ClientRegister, createClientRegister } from './client-register.js';
import { Database } from './database.js';
import type { EnrolmentSettings } from './enrol.js';
import { createInvitations, type Invitations } from './invitations.js';
import { createOperators, type Operators } from './operators.js';

/** Whom clients are of that get in without an invitation. */
export const OPEN_POPULATION = 'default';

/** What may be set. */
export interface AccessSettings extends Partial<EnrolmentSettings> {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The registers of a server. */
export interface Access {
  readonly clients: ClientRegister;
  readonly invitations: Invitations;
  readonly operators: Operators;
  readonly audit: AuditLog;
  /** The first operator's token, at the first start only: it can be read nowhere else. */
  readonly firstToken?: string;
  /** @throws {StoreError} when the database cannot be read. */
  check(): void;
  /** Writes what is still to be written and closes the database. */
  close(): Promise<void>;
}

/**
 * Opens or creates the registers in a server's folder.
 *
 * @param settings `openPopulation` is `default`, `maxClients` 100,000 and `maxPending` 1,000 unless said otherwise
 * @throws {StoreError} when the database cannot be opened.
 */
export async function openAccess(folder: string, settings: AccessSettings = {}): Promise<Access> {
  const {
    openPopulation = OPEN_POPULATION,
    maxClients = 100_000,
    maxPending = 1000,
    now = Date.now,
  } = settings;
  const database = await Database.open(folder);
  const audit = createAuditLog(database, now);
  const bounds = { openPopulation, maxClients, maxPending };
  const clients = createClientRegister(database, audit, bounds, now);
  const invitations = createInvitations(database, audit, now);
  const close = async () => {
    await clients.flush().finally(() => database.close());
  };
  const check = () => void database.query('SELECT 1 FROM operators LIMIT 1');
  return { clients, invitations, audit, check, close, ...(await createOperators(database, audit, now)) };
}
