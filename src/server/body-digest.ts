/** Checks that a body is the one whose digest was signed, while it streams by. */
import { createHash } from 'node:crypto';
import { CONTENT_DIGEST_FIELD, parseDigest, REPR_DIGEST_FIELD } from '../protocol/content-digest.js';
import type { HeaderFields } from '../protocol/http.js';
import { Refusal } from '../protocol/problem.js';

/** The check of one body. Nothing of the body may take effect before `end` has returned. */
export interface DigestCheck {
  /** What the body must be: the SHA-256, hexadecimal. */
  readonly sha256: string;
  /** The next bytes; they are not kept. */
  update(chunk: Uint8Array): void;
  /** @throws {Refusal} 'wrong-digest' when the body was another one. */
  end(): void;
}

/**
 * Begins to check a body by `content-digest`, or, where there is none, by `repr-digest`. The latter is the digest
 * of all parts together when a body comes in parts: then one check goes on from part to part, and each part's
 * head must name the same `sha256`.
 *
 * @throws {Refusal} 'bad-request' when there is neither or one cannot be read, 'wrong-digest' without SHA-256.
 */
export function createDigestCheck(headers: HeaderFields): DigestCheck {
  const field = headers[CONTENT_DIGEST_FIELD] === undefined ? REPR_DIGEST_FIELD : CONTENT_DIGEST_FIELD;
  const value = headers[field];
  if (value === undefined) {
    throw new Refusal('bad-request', `a request with a body must have ${CONTENT_DIGEST_FIELD}, got none`);
  }
  const sha256 = Buffer.from(parseDigest(field, value)).toString('hex');
  const hash = createHash('sha256');
  return {
    sha256,
    update: (chunk) => {
      hash.update(chunk);
    },
    end: () => {
      const actual = hash.digest('hex');
      if (actual !== sha256) {
        throw new Refusal(
          'wrong-digest',
          `the body must have the sha-256 ${sha256} of ${field}, got ${actual}`,
        );
      }
    },
  };
}
