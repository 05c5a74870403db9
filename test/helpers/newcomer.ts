/** Clients that nobody knows yet. */
import { randomBytes } from 'node:crypto';
import type { Enrolment } from '../../src/server/client-record.js';
import { keyIdOf } from '../../src/server/key-id.js';

/** What a new client hands in, with a key of its own. */
export function newcomer(more: Partial<Enrolment> = {}): Enrolment {
  const publicKey = new Uint8Array(randomBytes(32));
  return { publicKey, keyId: keyIdOf(publicKey), ...more };
}
