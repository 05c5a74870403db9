/**
 * Tokens that let in whoever holds them: invitations and operators' tokens.
 *
 * Threats: somebody reads the database (only SHA-256 is stored; of 256 random bits, so no slow hash is needed), guesses
 * (256 bits), or measures how long a comparison takes (constant time; looking a hash up in an index gives nothing away
 * either, since nobody can choose a token by its hash).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;

/** What a token is for; it starts with that, so that people and scanners for leaked secrets know it. */
export type TokenKind = 'invitation' | 'operator';

const PREFIXES = { invitation: 'tsi_', operator: 'tso_' } as const satisfies Record<TokenKind, string>;

/** A new token: 256 random bits as base64url after its prefix. */
export function newToken(kind: TokenKind): string {
  return PREFIXES[kind] + randomBytes(TOKEN_BYTES).toString('base64url');
}

/** SHA-256 of a token: 32 bytes. */
export function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

/** Whether two hashes are equal; takes the same time whatever they hold. */
export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
