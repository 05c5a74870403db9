/**
 * Whose request is this? The gate of the server: it lets nobody through but clients that it knows.
 *
 * Threat model: whoever attacks can send any bytes and has seen, and may resend, every request that others sent;
 * secret are only the clients' private keys. They must not act as a client (the signature), not change what one
 * sent (what is signed: `protocol/signature.ts`; the body: `body-digest.ts`), not send it again (time and nonce),
 * and not make the server work hard or remember much for requests that are no client's: cheap checks come first,
 * and only a request with a true signature is remembered. Another server that a client trusts could pass its
 * requests on to this one: name the `authorities` of this server to refuse those.
 *
 * Replay across a restart: a process forgets its nonces when it ends. Requests that it may have accepted say that
 * they were made before it ended, or at most `maxAheadMs` later, where a client's clock is ahead. So the next
 * process refuses what was made up to its start and `maxAheadMs` later. That is why `maxAheadMs` is short, where
 * `maxSkewMs`, which lets requests be slow, is not: for so long a new process refuses everybody. A client whose
 * clock is wrong learns the server's time from the refusal. Should the system's clock be set back by more than a
 * restart takes, the same holds only if `startedAt` is not set back with it.
 */
import { verify as verifyEd25519 } from 'node:crypto';
import type { RequestHead } from '../protocol/http.js';
import { type ParsedSignature, parseSignature } from '../protocol/parse-signature.js';
import { Refusal } from '../protocol/problem.js';
import { PUBLIC_KEY_BYTES } from '../protocol/signer.js';
import { checkTime } from './check-time.js';
import { createKeyCache, type KeyCache } from './key-cache.js';
import { keyIdOf } from './key-id.js';
import { createReplayGuard, type ReplayGuard } from './replay-guard.js';

/** What the gate needs to know of a client. */
export interface KeyRecord {
  readonly keyId: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly status: 'pending' | 'approved' | 'revoked';
}

/** Refuses what is not signed by whom it should be. */
export interface Verifier<Key extends KeyRecord> {
  /**
   * The client whose request this is. Its body still has to be checked.
   *
   * @throws {Refusal} 'not-signed', 'wrong-signature', 'clock-skew', 'unknown-client', 'revoked', 'not-approved',
   *   'replayed', 'too-many-requests' or 'unavailable', with one sentence.
   */
  verify(head: RequestHead): Key;
  /**
   * The name of a key that the request brings along or that is not approved: for enrolment, and for a client that
   * leaves before it is approved. Such requests are remembered apart, so that strangers never lock out clients.
   *
   * @throws {Refusal} as `verify`, and 'bad-request' when the key is not 32 bytes.
   */
  verifyWith(head: RequestHead, publicKey: Uint8Array): string;
}

/** What a verifier needs. */
export interface VerifierOptions<Key extends KeyRecord> {
  /** Milliseconds since 1970. Best one that is never set back: the time of the start plus that of a steady clock. */
  readonly now: () => number;
  /** When this process started, by `now`. 0 where no earlier process can have accepted a request (a new data folder). */
  readonly startedAt: number;
  /** The client of this name. Anybody can make the server call it, with any 43 characters. */
  readonly findKey: (keyId: string) => Key | undefined;
  /** How long a request may be on its way, clocks included (default: one minute). */
  readonly maxSkewMs?: number;
  /** How far a client's clock may be ahead (default: one second). */
  readonly maxAheadMs?: number;
  /** The names of this server, as in the `Host` field; absent: any. */
  readonly authorities?: ReadonlySet<string>;
  /** How many requests are remembered to refuse their replay (default: a million), and of one key (10,000). */
  readonly maxNonces?: number;
  readonly maxNoncesPerKey?: number;
}

const DEFAULT_MAX_SKEW_MS = 60_000;
const DEFAULT_MAX_AHEAD_MS = 1000;
const DEFAULT_MAX_NONCES = 1_000_000;
const DEFAULT_MAX_NONCES_PER_KEY = 10_000;

/** Of keys that are not approved: enough to enrol many, too few to matter. */
const MAX_STRANGERS_NONCES = 10_000;
const MAX_STRANGERS_NONCES_PER_KEY = 100;

const MAX_CACHED_KEYS = 10_000;
const MAX_CACHED_STRANGERS_KEYS = 100;

/** What is kept of those who come through one door. */
interface Memory {
  readonly keys: KeyCache;
  readonly guard: ReplayGuard;
}

/** A verifier with a memory of its own: one a server. */
export function createVerifier<Key extends KeyRecord>(options: VerifierOptions<Key>): Verifier<Key> {
  const { now, startedAt, findKey, authorities } = options;
  const maxSkewMs = options.maxSkewMs ?? DEFAULT_MAX_SKEW_MS;
  const maxAheadMs = options.maxAheadMs ?? DEFAULT_MAX_AHEAD_MS;
  const window = {
    windowMs: maxSkewMs + maxAheadMs,
    floorMs: Math.floor(startedAt + maxAheadMs) + 1,
  };
  const clients: Memory = {
    keys: createKeyCache(MAX_CACHED_KEYS),
    guard: createReplayGuard({
      ...window,
      maxNonces: options.maxNonces ?? DEFAULT_MAX_NONCES,
      maxNoncesPerKey: options.maxNoncesPerKey ?? DEFAULT_MAX_NONCES_PER_KEY,
    }),
  };
  const strangers: Memory = {
    keys: createKeyCache(MAX_CACHED_STRANGERS_KEYS),
    guard: createReplayGuard({
      ...window,
      maxNonces: MAX_STRANGERS_NONCES,
      maxNoncesPerKey: MAX_STRANGERS_NONCES_PER_KEY,
    }),
  };

  const parse = (head: RequestHead, { guard: { floorMs } }: Memory): ParsedSignature => {
    const parsed = parseSignature(head);
    if (authorities && !authorities.has(head.authority)) {
      throw new Refusal('wrong-signature', `the request is signed for another server, ${head.authority}`);
    }
    checkTime(parsed.created * 1000, { now: now(), startedAt, maxSkewMs, maxAheadMs, floorMs });
    return parsed;
  };

  return {
    verify(head) {
      const parsed = parse(head, clients);
      const record = findKey(parsed.keyId);
      if (!record) throw new Refusal('unknown-client', 'this server does not know the key: enrol first');
      if (record.status === 'revoked') throw new Refusal('revoked', 'an operator has revoked this client');
      if (record.status !== 'approved') {
        throw new Refusal('not-approved', 'an operator has not approved this client yet');
      }
      checkSignature(parsed, record, clients);
      return record;
    },
    verifyWith(head, publicKey) {
      if (publicKey.length !== PUBLIC_KEY_BYTES) {
        throw new Refusal(
          'bad-request',
          `publicKey must be ${PUBLIC_KEY_BYTES} bytes, got ${publicKey.length}`,
        );
      }
      const parsed = parse(head, strangers);
      const keyId = keyIdOf(publicKey);
      if (parsed.keyId !== keyId) {
        throw new Refusal(
          'wrong-signature',
          `the request must be signed with the key that it names, ${keyId}`,
        );
      }
      checkSignature(parsed, { keyId, publicKey }, strangers);
      return keyId;
    },
  };
}

function checkSignature(
  { base, signature, nonce, created }: ParsedSignature,
  { keyId, publicKey }: Pick<KeyRecord, 'keyId' | 'publicKey'>,
  { keys, guard }: Memory,
): void {
  const key = keys.get(keyId, publicKey);
  if (!key || !verifyEd25519(null, Buffer.from(base, 'latin1'), key, signature)) {
    throw new Refusal('wrong-signature', 'the signature does not fit the request and the key');
  }
  // Last, so that nothing is remembered for whoever has no key.
  guard.admit(keyId, nonce, created * 1000);
}
