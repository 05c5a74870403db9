/** Clients that nobody knows yet. */
import { createHash, randomBytes } from 'node:crypto';
import { thumbprintInput } from '../../src/protocol/signer.js';
import type { Enrolment } from '../../src/server/client-record.js';

/** What a new client hands in, with a key of its own. */
export function newcomer(more: Partial<Enrolment> = {}): Enrolment {
  const publicKey = new Uint8Array(randomBytes(32));
  const keyId = createHash('sha256').update(thumbprintInput(publicKey)).digest('base64url');
  return { publicKey, keyId, ...more };
}
