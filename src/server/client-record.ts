/** What the server knows of a client, and the bounds of what a client may say of itself. */
import type { Attributes } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import { PUBLIC_KEY_BYTES } from '../protocol/signer.js';
import type { Actor } from './audit-log.js';
import { keyIdOf } from './key-id.js';
import type { SqlRow } from './sqlite-driver.js';

/** Whether a client takes part: an operator still has to look, it does, or it never will again. */
export type ClientStatus = 'pending' | 'approved' | 'revoked';

/** A client as it was when asked for; later changes make a new record. */
export interface ClientRecord {
  /** 0, 1, 2 ... in the order of enrolment; never given twice. */
  readonly index: number;
  /** The JWK thumbprint (RFC 7638) of the key, base64url. */
  readonly keyId: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Empty where the client gave none. */
  readonly name: string;
  readonly population: string;
  readonly status: ClientStatus;
  readonly attributes: Attributes;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; after a crash it may be a minute behind. */
  readonly lastSeenAt: number;
}

/** What a client hands in to be known. */
export interface Enrolment {
  /** Ed25519, 32 bytes; the request was signed with it. */
  readonly publicKey: Uint8Array;
  /** The JWK thumbprint (RFC 7638) of `publicKey`. */
  readonly keyId: string;
  readonly name?: string;
  readonly attributes?: Attributes;
  readonly invitation?: string;
  /** The population that the client wants to join; absent: the one of its invitation, or the one open to all. */
  readonly population?: string;
}

const MOST_ATTRIBUTES = 16;
const MOST_TEXT = 100;
const MOST_TOKEN = 200;
/** No control characters, line ends or marks that turn the direction of text; joiners are letters in Persian. */
const PLAIN_TEXT = /^(?:[^\p{C}\p{Zl}\p{Zp}]|\u200c|\u200d)*$/u;
const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/;

/**
 * Checks what a stranger wrote.
 *
 * @throws {Refusal} `bad-request`, when the key is none, or a text too long or not plain.
 */
export function checkEnrolment(enrolment: Enrolment): void {
  const { publicKey, keyId, name = '', attributes = {}, invitation = '', population = '' } = enrolment;
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new Refusal('bad-request', `publicKey must be ${PUBLIC_KEY_BYTES} bytes, got ${publicKey.length}`);
  }
  if (keyId !== keyIdOf(publicKey)) {
    throw new Refusal('bad-request', 'keyId must be the JWK thumbprint of publicKey, got another');
  }
  checkText('name', name);
  checkText('population', population);
  if (invitation.length > MOST_TOKEN) {
    throw new Refusal('bad-request', `invitation must have at most ${MOST_TOKEN} characters`);
  }
  checkAttributes(attributes);
}

/**
 * Checks what a client says of itself for selection.
 *
 * @throws {Refusal} `bad-request`, when it is too much, or not plain.
 */
export function checkAttributes(attributes: Attributes): void {
  const entries = Object.entries(attributes);
  if (entries.length > MOST_ATTRIBUTES) {
    throw new Refusal(
      'bad-request',
      `attributes must be at most ${MOST_ATTRIBUTES} entries, got ${entries.length}`,
    );
  }
  for (const [key, value] of entries) {
    if (!ATTRIBUTE_NAME.test(key)) {
      throw new Refusal(
        'bad-request',
        'names of attributes must be 1 to 32 letters, digits and . _ -, and start with a letter',
      );
    }
    checkText(`attribute ${key}`, value);
  }
}

/** Whether a text is short and has nothing in it that a terminal or a page could take for more than text. */
export function isPlainText(text: string): boolean {
  return text.length <= MOST_TEXT && PLAIN_TEXT.test(text);
}

/** A row of the table `clients` as a record. */
export function recordOf(row: SqlRow): ClientRecord {
  return {
    index: Number(row.id) - 1,
    keyId: String(row.key_id),
    publicKey: row.public_key as Uint8Array,
    name: String(row.name),
    population: String(row.population),
    status: String(row.status) as ClientStatus,
    attributes: JSON.parse(String(row.attributes)),
    createdAt: Number(row.created_at),
    lastSeenAt: Number(row.last_seen_at),
  };
}

/** How the audit log calls a client. */
export function clientActor({ index }: ClientRecord): Actor {
  return `client ${index}`;
}

/** How the audit log calls a key that is no client's. */
export function keyActor(keyId: string): Actor {
  return `key ${keyId.slice(0, 8)}`;
}

function checkText(what: string, text: string): void {
  if (isPlainText(text)) return;
  throw new Refusal('bad-request', `${what} must be plain text of at most ${MOST_TEXT} characters`);
}
